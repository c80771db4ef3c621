"""A real coordinator that answers over HTTP, and somebody who asks it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from coordinator import Coordinator, until

ADDRESSES = (f"127.0.{high}.{low}" for high in range(1, 256) for low in range(1, 255))


@dataclass(frozen=True)
class Served:
    """A coordinator's process, its address, and a client without any token."""

    coordinator: Coordinator
    process: subprocess.Popen[str]
    url: str
    client: httpx.Client

    def token(self, role: str, *words: str, name: str | None = None) -> httpx.Client:
        """Somebody with a new token of that role."""
        made = self.coordinator.repository.gsctl(
            *words, "token", "create", name or f"a-{role}", "--role", role
        )
        assert made.returncode == 0, made.stderr
        return self.with_text(made.stdout.strip())

    def with_text(self, text: str) -> httpx.Client:
        """Somebody who shows that text as his token, from an address that nobody failed from."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {text}"},
                            transport=httpx.HTTPTransport(local_address=next(ADDRESSES)))  # fmt: skip

    def ready(self) -> bool:
        """Whether it says that it can be relied on."""
        return self.client.get("/readyz").status_code == 200


@contextmanager
def serving(coordinator: Coordinator, *words: str) -> Iterator[Served]:
    """Start one at a free port, and end it. It looks by itself only every hour."""
    process = coordinator.repository.start(
        "serve", "--interval", "1h", "--http", "127.0.0.1:0", *words
    )
    assert process.stdout
    try:
        line = next((line for line in process.stdout if line.startswith("answering at ")), "")
        url = line.removeprefix("answering at ").strip()
        assert url, "it ended before it answered"
        with httpx.Client(base_url=url, timeout=60) as client:
            yield Served(coordinator, process, url, client)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def items(client: httpx.Client, path: str = "/v1/resources") -> dict[str, dict]:
    """What is listed, by address."""
    found = client.get(path)
    assert found.status_code in (200, 503), found.text
    listed = found.json().get("items", ())  # none before the first look
    return {f"{i['kind']}/{i['metadata']['name']}": i for i in listed}


def await_phase(client: httpx.Client, address: str, phase: str) -> None:
    """Wait until a thing is in a phase."""
    until(lambda: items(client).get(address, {}).get("status", {}).get("phase") == phase,
          f"{address} is {phase}")  # fmt: skip


def number(client: httpx.Client, name: str) -> float:
    """One number of /metrics; 0 where it was never counted."""
    lines = client.get("/metrics").text.splitlines()
    found = [line.rpartition(" ")[2] for line in lines if line.startswith(name)]
    return sum(map(float, found))
