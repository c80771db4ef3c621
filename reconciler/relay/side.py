"""One end of a connection: bytes go out as far as the peer takes them, and the rest waits here."""

from __future__ import annotations

import contextlib
import socket
from select import EPOLLIN, EPOLLOUT

from reconciler.relay.polling import Polling, Ready

_HIGH_BYTES = 262144  # above this no more is read for a peer that is slow


class Gone(Exception):
    """The peer is not there any more."""


class Side:
    """A socket that never blocks, with what it could not send yet."""

    __slots__ = ("_mask", "_open", "_polling", "_socket", "_waiting")

    def __init__(self, sock: socket.socket, polling: Polling, ready: Ready) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = sock
        self._polling = polling
        self._mask: int = EPOLLIN
        self._open = True
        self._waiting = bytearray()
        polling.add(sock, ready, EPOLLIN)

    @property
    def is_full(self) -> bool:
        """Whether so much waits that nothing more should be read for this peer."""
        return len(self._waiting) > _HIGH_BYTES

    @property
    def is_empty(self) -> bool:
        """Whether the peer took everything."""
        return not self._waiting

    def connect(self, address: tuple[str, int]) -> None:
        """Begin to connect; it is ready once it can be written to, or broken."""
        self._want(EPOLLIN | EPOLLOUT)
        self._socket.connect_ex(address)

    def is_connected(self) -> bool:
        """Whether the connection that was begun stands."""
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0

    def receive(self) -> bytes | None:
        """What came; empty when the peer sends no more, None when there is nothing now.

        Raises:
            Gone: the connection broke.
        """
        try:
            buffer = self._polling.buffer
            return bytes(buffer[: self._socket.recv_into(buffer)])
        except BlockingIOError:
            return None
        except OSError as error:
            raise Gone from error

    def send(self, data: bytes | bytearray) -> None:
        """Send, or keep what cannot be sent now. Raises Gone."""
        if not self._waiting:
            sent = self._sent(data)
            if sent == len(data):
                return
            data = data[sent:]
        self._waiting += data
        self._want(self._mask | EPOLLOUT)

    def flush(self) -> None:
        """Send what waits, as far as it goes. Raises Gone."""
        if self._waiting:
            del self._waiting[: self._sent(self._waiting)]
        if not self._waiting:
            self._want(self._mask & ~EPOLLOUT)

    def listen(self, *, wanted: bool) -> None:
        """Whether to be told of what comes."""
        self._want(self._mask | EPOLLIN if wanted else self._mask & ~EPOLLIN)

    def end(self) -> None:
        """Tell the peer that nothing more comes."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Let go of the peer."""
        if self._open:
            self._open = False
            self._polling.remove(self._socket)

    def _sent(self, data: bytes | bytearray) -> int:
        try:
            return self._socket.send(data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Gone from error

    def _want(self, mask: int) -> None:
        if mask != self._mask and self._open:
            self._mask = mask
            self._polling.change(self._socket.fileno(), mask)
