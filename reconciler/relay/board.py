"""The relay as a whole: clients come in, requests wait while servers change, and a word is heard.

The word comes through a socket beside the pointer: whoever changes servers connects, says `hold`,
asks with `look` how many requests are still under way, and lets go by closing the connection, also
by dying.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import time
from pathlib import Path
from select import EPOLLIN

from reconciler.relay.connection import Connection
from reconciler.relay.names import BACKEND, HOLD_S, POINTER, SOCKET, WAIT_S
from reconciler.relay.polling import Polling

_PROBE_S = 0.02
_SPARE_FDS = 32
_DOWN = f"no server answered for {WAIT_S:.0f} s"


class Target:
    """Which server answers: read from the graph's pointer, whenever that is another file."""

    def __init__(self, pointer: Path) -> None:
        self._pointer = str(pointer)
        self._seen: tuple[int, int] | None = None
        self.port: int | None = None

    def changed(self) -> bool:
        """Look again; whether another server answers now. Costs a `stat` where nothing changed."""
        try:
            found = os.stat(self._pointer)  # noqa: PTH116  before each request: a third of the time
            seen = found.st_ino, found.st_mtime_ns
            if seen == self._seen:
                return False
            with open(self._pointer, encoding="utf-8") as file:
                port: int | None = json.load(file)[BACKEND]
        except (OSError, ValueError, KeyError):
            return False  # what cannot be read changes nothing
        before, self.port, self._seen = self.port, port, seen
        return port != before


class Switchboard:
    """Listens on the published port, and speaks with one server at a time."""

    def __init__(self, port: int, folder: Path) -> None:
        self.polling = Polling()
        self._target = Target(folder / POINTER)
        self._connections: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}
        self._holds: dict[socket.socket, float] = {}  # until when
        self._listener = _listen(port)
        self._control = _control(folder / SOCKET)
        self._most = _descriptors() // 2
        self._accepting = True
        self.polling.add(self._listener, self._accept, EPOLLIN)
        self.polling.add(self._control, self._hear, EPOLLIN)
        self._stops_by: float | None = None
        self._looked = False  # since the events that are told of now
        self._ticked = 0.0

    def run(self) -> None:
        """Work until told to stop, and what is under way has ended."""
        while self._stops_by is None or (self._busy() and time.monotonic() < self._stops_by):
            self.turn(_PROBE_S if self._waiting or self._stops_by else 1.0)
            if (now := time.monotonic()) - self._ticked >= _PROBE_S:
                self._ticked = now
                self._tick(now)
        self.close()

    def close(self) -> None:
        """Leave everybody."""
        self.polling.close()

    def turn(self, timeout_s: float) -> None:
        """Wait for events and do what they ask for."""
        self._looked = False
        self.polling.turn(timeout_s)

    def stop(self, within_s: float) -> None:
        """Accept nobody any more; end when the requests under way are answered."""
        self._stops_by = time.monotonic() + within_s
        self.polling.remove(self._listener)

    # --- what connections ask ---

    def port(self) -> int | None:
        """As of `Board`.

        Who changed the pointer before he asked is heard after that: one look serves all requests
        that were heard of at once.
        """
        if not self._looked:
            self._look()
        return None if self._holds else self._target.port

    def wait(self, connection: Connection) -> None:
        """As of `Board`."""
        self._waiting[connection] = None

    def found(self) -> None:
        """As of `Board`."""
        self._release()

    def left(self, connection: Connection) -> None:
        """As of `Board`."""
        self._connections.discard(connection)
        self._waiting.pop(connection, None)
        self._may_accept()

    # --- what comes from outside ---

    def _accept(self, _events: int) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return  # gone again, or no descriptor is left: the next event tells
        self._connections.add(Connection(self, sock))
        self._may_accept()

    def _may_accept(self) -> None:
        """More clients than there are descriptors wait with the kernel."""
        accepting = len(self._connections) < self._most
        if accepting != self._accepting and self._stops_by is None:
            self._accepting = accepting
            self.polling.change(self._listener.fileno(), EPOLLIN if accepting else 0)

    def _hear(self, _events: int) -> None:
        """Somebody who changes servers comes."""
        try:
            sock, _ = self._control.accept()
        except OSError:
            return
        sock.setblocking(False)
        self.polling.add(sock, lambda _: self._told(sock), EPOLLIN)

    def _told(self, sock: socket.socket) -> None:
        try:
            words = sock.recv(64).decode(errors="replace").split()
            for word in words:
                if word == "hold":
                    self._holds[sock] = time.monotonic() + HOLD_S
                self._look()
                sock.send(json.dumps(self._state(sock)).encode() + b"\n")
        except BlockingIOError:
            return
        except OSError:
            words = []
        if not words:
            self._let_go(sock)

    def _state(self, sock: socket.socket) -> dict[str, object]:
        return {
            "backend": self._target.port,
            "busy": self._busy(),
            "clients": len(self._connections),
            "held": sock in self._holds,
            "waiting": len(self._waiting),
        }

    def _let_go(self, sock: socket.socket) -> None:
        self.polling.remove(sock)
        if self._holds.pop(sock, None):
            self._look()
            self._release()

    def _busy(self) -> int:
        return sum(connection.is_busy for connection in self._connections)

    # --- what time brings ---

    def _look(self) -> None:
        self._looked = True
        if self._target.changed():
            for connection in list(self._connections):
                connection.turn()

    def _release(self) -> None:
        """Requests that wait may try."""
        if self._holds or not self._waiting:
            return
        waiting, self._waiting = self._waiting, {}
        for connection in waiting:
            connection.waits_since = None
            connection.go()

    def _tick(self, now: float) -> None:
        for sock in [s for s, until in self._holds.items() if now > until]:
            self._let_go(sock)
        self._look()
        if self._waiting and not self._holds:
            self.probe(now)

    def probe(self, now: float) -> None:
        """Let one that waits for a server try for all; who waited too long gives up."""
        for connection in list(self._waiting):
            if connection.waits_since is None:
                connection.waits_since = now
            elif now - connection.waits_since > WAIT_S:
                self._waiting.pop(connection)
                connection.give_up(_DOWN)
        if first := next(iter(self._waiting), None):
            del self._waiting[first]
            first.go()  # one tries for all


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def _control(path: Path) -> socket.socket:
    """By a relative name: an absolute one may be longer than a socket's can be."""
    os.chdir(path.parent)
    path.unlink(missing_ok=True)  # of one that was killed: we have the port, so it is gone
    control = socket.socket(socket.AF_UNIX)
    control.bind(path.name)
    control.listen(8)
    control.setblocking(False)
    return control


def _descriptors() -> int:
    """How many descriptors there are for clients and their servers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(most, 65536) if most != resource.RLIM_INFINITY else 65536
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted - _SPARE_FDS
