"""A real coordinator over a real engine tells a real receiver: once when it begins, once at its end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from coordinator import Coordinator, until
from listener import Listener

from reconciler.loop.crashes import SHORT_S

pytestmark = [pytest.mark.engine, pytest.mark.slow]
CANARY = "kept-to-yourself"


@contextmanager
def telling(kept: Coordinator, listener: Listener) -> Iterator[httpx.Client]:
    """A coordinator that tells the listener, and somebody who asks it; it shows no address."""
    (kept.repository.path.parent / "url").write_text(f"{listener.url}/{CANARY}\n")
    file = kept.repository.path.parent / "notify.yaml"
    file.write_text("receivers:\n- {name: team, url: {secret: {file: url}}}\n")
    process = kept.repository.start("serve", "--interval", "1h", "--notify", str(file),
                                    "--http", "127.0.0.1:0", "--insecure-loopback")  # fmt: skip
    assert process.stdout
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if "telling team" in line:
            break
    url = next(line for line in said if line.startswith("answering at ")).split()[-1]
    try:
        with httpx.Client(base_url=url, timeout=60) as client:
            yield client
    finally:
        process.send_signal(signal.SIGTERM)
        said.append(process.communicate(timeout=60)[0])
        assert process.returncode == 0, said
        assert CANARY not in "".join(said)


def turns(client: httpx.Client, result: str) -> int:
    """How many of the turns that said something ended so."""
    return sum(turn["result"] == result for turn in client.get("/v1/history").json()["items"])


def row(path: Path, text: str) -> None:
    """One more line of a data file."""
    with path.open("a") as file:
        file.write(f"{text}\n")


def test_a_failure_is_told_once_and_its_end_once(kept: Coordinator, listener: Listener) -> None:
    people = kept.repository.path / "data/person.csv"
    with telling(kept, listener) as client:
        kept.await_ages(1)
        good = people.read_text()
        row(people, "99,bob,old")
        failed = listener.await_one(sort="failed", state="begins")
        assert failed["owner"] == "people/default"
        assert "person.csv" in failed["text"]
        until(lambda: turns(client, "failed") >= 3, "it is tried again and again")
        waits = 'gsctl_waiting_resources{environment="default",kind="Graph",reason="ProgressingWithRetry"'
        assert waits in client.get("/metrics").text
        people.write_text(good.replace(",1\n", ",2\n"))
        kept.await_ages(2)
        ended = listener.await_one(sort="healed", state="ended")
        assert ended["id"] == failed["id"]
    assert [(b["sort"], b["state"]) for b in listener.bodies] == [
        ("failed", "begins"), ("healed", "ended")]  # fmt: skip


def test_a_server_that_ended_is_told_as_healed(kept: Coordinator, listener: Listener) -> None:
    with telling(kept, listener) as client:
        kept.await_ages(1)
        server = kept.server()
        assert server is not None
        until(lambda: turns(client, "settled") >= 1, "it looked at what it had done")
        time.sleep(SHORT_S + 0.5)  # it ran well: a short life would be a failure
        server.send_signal(signal.SIGKILL)
        listener.await_one(sort="healed", state="once", address="Graph/people")
        kept.await_ages(1)
        sent = 'gsctl_notifications_total{environment="default",outcome="sent",receiver="team"} 1.0'
        until(lambda: sent in client.get("/metrics").text, "it is counted")
    assert "its server had ended, and runs again" in listener.bodies[0]["text"]
    assert len(listener.bodies) == 1


def test_what_is_refused_is_not_told_again_by_the_next_one(
    kept: Coordinator, listener: Listener
) -> None:
    with telling(kept, listener):
        kept.await_ages(1)
        kept.repository.write_by_hand("CREATE (:Person {id: 900, name: 'x', age: 1})")
        documents = kept.repository.path / "gsctl.yaml"
        every = documents.read_text().split("---\n")
        documents.write_text("---\n".join(every[:2]))
        refused = listener.await_one(sort="refused", state="begins")
    with telling(kept, listener) as client:
        until(lambda: turns(client, "settled") >= 1, "it found it refused still")
        kept.repository.write(rows=20)
        ended = listener.await_one(sort="refused", state="ended")
    assert ended["id"] == refused["id"]
    assert [b["state"] for b in listener.bodies if b["sort"] == "refused"] == ["begins", "ended"]
