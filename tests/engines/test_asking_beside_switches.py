"""`query`, `call` and `test` beside somebody who changes what they ask: they wait a switch out."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest
from inside import writing
from relayed import RELAY, pointer, units
from repository import Repository

from reconciler.model.plan import Request

pytestmark = pytest.mark.engine

_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_UP = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Failing:
    """Listens on a port, and says the given to each request; nothing: it hangs up."""

    def __init__(self, port: int, says: dict[bytes, bytes]) -> None:
        self.asked: list[bytes] = []
        self.heard = threading.Event()
        self._says = says
        self._listener = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._answer(client)

    def _answer(self, client: socket.socket) -> None:
        while method := client.recv(65536).partition(b" ")[0]:
            self.asked.append(method)
            said = self._says.get(method, b"")
            client.sendall(said)
            if not said or said == _BUSY:
                self.heard.set()
                return


def ended(people: Repository) -> int:
    """End the server and what stands before it; the port where it was reached."""
    port = pointer(people).port
    found = units(people)
    for process in (*found["relay"], *found["server"]):
        process.kill()
        process.wait(10)
    assert port
    return port


@pytest.mark.parametrize("endpoint", ["", RELAY], ids=["straight", "relayed"])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("call", "ages", "--json"), None),
        (("query", "people", "MATCH (p:Person) RETURN count(p)", "--json"), {}),
        (("test", "ages"), {b"GET": _UP, b"POST": _BUSY}),
    ],
    ids=["call, refused", "query, reset", "test, 503"],
)
def test_who_asks_beside_a_restart_waits_it_out(
    people: Repository, words: tuple[str, ...], says: dict[bytes, bytes] | None, endpoint: str
) -> None:
    people.write(endpoint=endpoint)
    people.applied()
    with writing(people) as api:
        port = ended(people)
        failing = Failing(port, says) if says is not None else None
        asking = people.start(*words)
        if failing:
            assert failing.heard.wait(60)
            failing.close()
        else:
            time.sleep(1.5)  # it passes all the same where that was too short to fail once
        outcome = api.apply(api.plan(Request()), lambda _: None, threading.Event()).outcome
        assert outcome.ok, outcome
        said, _ = asking.communicate(timeout=60)
    assert asking.returncode == 0, said


def test_who_asks_beside_a_writer_never_opens_what_a_server_is_to_serve(
    people: Repository,
) -> None:
    people.write()
    people.applied()
    with writing(people):
        ended(people)
        refused = people.gsctl("call", "ages")
    assert refused.returncode == 1
    assert "does not answer" in refused.stderr
    assert people.gsctl("call", "ages").returncode == 0, "nobody writes: it is opened"


def test_a_write_that_lost_its_answer_is_not_sent_again(people: Repository) -> None:
    people.write()
    people.applied()
    with writing(people):
        failing = Failing(ended(people), {b"GET": _UP})
        refused = people.gsctl("query", "people", "CREATE (:Person {id: 1000})", "--write")
        failing.close()
    assert failing.asked.count(b"POST") == 1
    assert refused.returncode == 1
    assert "QR102" in refused.stderr


def test_a_copy_that_is_another_by_the_time_it_is_looked_for_is_waited_for(
    people: Repository,
) -> None:
    people.write()
    people.applied()
    (serving,) = people.path.glob(".gsctl/default/default/main/.graphs/*/serving.json")
    whole = serving.read_text()
    with writing(people):
        serving.write_text(whole.replace(json.loads(whole)["copy"], "0123456789"))
        asks = people.start("call", "ages", "--json")
        time.sleep(2.0)
        serving.write_text(whole)
        said, _ = asks.communicate(timeout=60)
    assert asks.returncode == 0, said
    assert json.loads(said)["rows"] == [[1, 1, 200]]


def test_every_call_beside_switches_is_answered(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    for version in (2, 3):
        people.write(version=version)
        applying = people.start("apply", "-y")
        while applying.poll() is None:
            asked = people.gsctl("call", "ages", "--json")
            assert asked.returncode == 0, asked.stderr
            ((low, high, rows),) = json.loads(asked.stdout)["rows"]
            assert low == high
            assert low in (version - 1, version)
            assert rows == 200
        assert applying.communicate()[0]
