"""While one server makes way for the next, nobody else who looks for a port takes theirs."""

from __future__ import annotations

import socket
import threading

import pytest
from relayed import pointer
from repository import Repository

from reconciler.contracts import UnitFailed
from reconciler.substrates import ports

pytestmark = pytest.mark.engine


class Thief(threading.Thread):
    """Listens on a port as soon as `gsctl` would give it to him."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.tries = 0
        self.stole = False
        self.over = threading.Event()
        self._port = port

    def run(self) -> None:
        while not self.over.is_set() and not self.stole:
            self.tries += 1
            try:
                ports.choose("thief", self._port, frozenset())
            except UnitFailed:
                continue
            with socket.create_server(("127.0.0.1", self._port)):
                self.stole = True
                self.over.wait()


def test_a_switch_keeps_its_port(people: Repository) -> None:
    people.write(version=1, rows=20)
    assert people.gsctl("apply", "-y").returncode == 0
    port = pointer(people).port
    assert port
    thief = Thief(port)
    thief.start()
    try:
        for version in (2, 3):
            people.write(version=version, rows=20)
            done = people.gsctl("apply", "-y")
            assert done.returncode == 0, done.stderr
    finally:
        thief.over.set()
        thief.join()
    assert not thief.stole
    assert thief.tries > 10
    assert pointer(people).port == port
