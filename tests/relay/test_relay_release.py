"""Requests that waited go at once: the loop is turned by hand, and time never ticks."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from relay_ports import free_port

from reconciler.durable import replace_json
from reconciler.relay.board import Switchboard
from reconciler.relay.names import SOCKET

REQUEST = b"GET / HTTP/1.1\r\n\r\n"
CLIENTS = 5


class ByHand:
    """A relay in this process, with clients that have asked already."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._stack = stack
        self.backend = free_port()
        replace_json(folder / "serving.json", {"backend": self.backend})
        port = free_port()
        self.board = Switchboard(port, folder)
        stack.callback(self.board.close)
        self.control = socket.socket(socket.AF_UNIX)
        stack.callback(self.control.close)
        self.control.connect(SOCKET)
        self._clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                         for _ in range(CLIENTS)]  # fmt: skip
        self._server: socket.socket | None = None

    def turn(self, times: int = 30) -> None:
        for _ in range(times):
            self.board.turn(0.01)

    def serve(self) -> None:
        self._server = self._stack.enter_context(
            socket.create_server(("127.0.0.1", self.backend), backlog=64))  # fmt: skip
        self._server.setblocking(False)

    def ask(self) -> None:
        for client in self._clients:
            client.sendall(REQUEST)

    def arrived(self) -> int:
        """How many requests the server has."""
        assert self._server
        found = 0
        while True:
            try:
                asked, _ = self._server.accept()
            except BlockingIOError:
                return found
            found += asked.recv(4096) == REQUEST
            self._stack.callback(asked.close)


@pytest.fixture
def by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ByHand]:
    monkeypatch.chdir(tmp_path)  # the relay goes to its folder, and so do we
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        yield ByHand(tmp_path, stack)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_what_was_held_goes_when_the_holder_lets_go(by_hand: ByHand) -> None:
    by_hand.serve()
    by_hand.control.sendall(b"hold\n")
    by_hand.turn()
    by_hand.ask()
    by_hand.turn()
    assert by_hand.arrived() == 0
    by_hand.control.close()
    by_hand.turn()
    assert by_hand.arrived() == CLIENTS


def test_what_waits_for_a_server_goes_when_one_reached_it(by_hand: ByHand) -> None:
    by_hand.turn()
    by_hand.ask()
    by_hand.turn()
    by_hand.serve()
    by_hand.turn()
    assert by_hand.arrived() == 0, "nobody tries by himself"
    by_hand.board.probe(time.monotonic())
    by_hand.turn()
    assert by_hand.arrived() == CLIENTS
