"""Who is told when something can be read or written: one thread, one epoll."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

CHUNK_BYTES = 65536
Ready = Callable[[int], None]  # with the events, as epoll has them


class Polling:
    """Descriptors, and whom to tell of them."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._ready: dict[int, Ready] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._left: list[socket.socket] = []
        # All that comes passes here: a new buffer for each message takes longer than its copy.
        self.buffer = memoryview(bytearray(CHUNK_BYTES))

    def add(self, sock: socket.socket, ready: Ready, mask: int) -> None:
        """Tell `ready` of the events in `mask`, and when the peer is gone. Keeps the socket."""
        fd = sock.fileno()
        self._ready[fd], self._sockets[fd] = ready, sock
        self._epoll.register(fd, mask)

    def change(self, fd: int, mask: int) -> None:
        """Tell of other events from now on."""
        self._epoll.modify(fd, mask)

    def remove(self, sock: socket.socket) -> None:
        """Tell nothing more of a socket, and close it."""
        if self._ready.pop(sock.fileno(), None):
            self._epoll.unregister(sock.fileno())
            self._left.append(self._sockets.pop(sock.fileno()))

    def turn(self, timeout_s: float) -> None:
        """Wait for events and tell of them; a negative timeout waits without end."""
        for fd, events in self._epoll.poll(timeout_s):
            if ready := self._ready.get(fd):
                ready(events)
        # Not before: a number that is given anew must not be told of the old one's events.
        for sock in self._left:
            sock.close()
        self._left.clear()

    def close(self) -> None:
        """Close every socket."""
        for sock in (*self._left, *self._sockets.values()):
            sock.close()
        self._epoll.close()
