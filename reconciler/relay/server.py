"""The connection to a graph's server that works for one client: a request in, its answer out."""

from __future__ import annotations

import socket
from select import EPOLLOUT
from typing import Protocol

from reconciler.relay import messages
from reconciler.relay.messages import NOTHING, Body, Head, Malformed, UntilEnd
from reconciler.relay.polling import Polling
from reconciler.relay.side import Gone, Side


class Client(Protocol):
    """Who is told of a server."""

    def server_up(self) -> None:
        """The connection stands."""
        ...

    def server_down(self) -> None:
        """Nobody listens there."""
        ...

    def server_took(self) -> None:
        """It can be sent more."""
        ...

    def answered(self, data: bytes) -> None:
        """The next bytes of the answer."""
        ...

    def finished(self, *, last: bool) -> None:
        """The answer is whole. `last`: the connection ends with it."""
        ...

    def server_gone(self, *, begun: bool) -> None:
        """It ended before its answer did, or between two. `begun`: something of it had come."""
        ...


class Server:
    """A connection to the server on a port. Of a `Client` nothing is kept but who it is."""

    __slots__ = ("_answer", "_begun", "_body", "_client", "_head", "_method", "_side", "port", "up")

    def __init__(self, port: int, polling: Polling, client: Client) -> None:
        self.port = port
        self.up = False  # whether the connection stands
        self._client = client
        self._method: bytes | None = None  # of the request under way
        self._head = bytearray()  # of an answer, not whole yet
        self._answer: Head | None = None  # whose body comes
        self._body: Body = NOTHING
        self._begun = False
        self._side = Side(socket.socket(), polling, self._ready)
        self._side.connect(("127.0.0.1", port))

    @property
    def is_full(self) -> bool:
        """Whether it takes less than is sent."""
        return self._side.is_full

    def ask(self, method: bytes) -> None:
        """A request follows."""
        self._method = method
        self._answer = None
        self._begun = False

    def send(self, data: bytes | bytearray) -> None:
        """The next bytes of the request. Raises Gone."""
        self._side.send(data)

    def listen(self, *, wanted: bool) -> None:
        """Whether more of the answer can be taken."""
        self._side.listen(wanted=wanted)

    def close(self) -> None:
        """End at once."""
        self._side.close()

    def _ready(self, events: int) -> None:
        if not self.up:
            self._connected()
            return
        try:
            if events & EPOLLOUT:
                self._side.flush()
                self._client.server_took()
            self._hear()
        except (Gone, Malformed):
            self._client.server_gone(begun=self._begun)

    def _connected(self) -> None:
        self.up = self._side.is_connected()
        if self.up:
            self._side.flush()
            self._client.server_up()
        else:
            self._client.server_down()

    def _hear(self) -> None:
        data = self._side.receive()
        if data is None:
            return
        if not data and self._answer and isinstance(self._body, UntilEnd):
            self._method = None
            self._client.finished(last=True)
            return
        if not data or self._method is None:
            raise Gone  # it ended, or says what nobody asked for
        if self._answer or self._head or not self._straight(data, self._method):
            while data and self._method is not None:
                data = self._read(data, self._method)

    def _straight(self, data: bytes, method: bytes) -> bool:
        """Pass on an answer that came whole and alone, as most do; whether it was one."""
        answer = messages.answer(data, method)
        if answer is None or answer.whole != len(data) or answer.status < 200:
            return False
        self._method = None
        self._client.answered(data)
        self._client.finished(last=answer.last)
        return True

    def _read(self, data: bytes, method: bytes) -> bytes:
        """Pass on what belongs to the answer under way; what is left comes after it."""
        size = 0
        if self._answer is None:
            self._head += data
            self._answer = messages.answer(self._head, method)
            if self._answer is None:
                return b""
            data, size = bytes(self._head), self._answer.size
            self._body = self._answer.body()
            self._head.clear()
        answer = self._answer
        taken = size + self._body.take(data[size:] if size else data)
        whole = taken == len(data)
        self._begun = True
        self._client.answered(data if whole else data[:taken])
        if self._body.done:
            self._answer = None
            if answer.status >= 200:
                self._method = None
                self._client.finished(last=answer.last)
            # Else it was an answer before the answer, such as `100 Continue`.
        return b"" if whole else data[taken:]
