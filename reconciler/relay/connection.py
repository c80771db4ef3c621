"""One client, and the server that answers its requests: another one between two requests."""

from __future__ import annotations

import socket
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT
from typing import Protocol

from reconciler.relay import messages
from reconciler.relay.messages import NOTHING, Body, Head, Malformed
from reconciler.relay.polling import CHUNK_BYTES, Polling
from reconciler.relay.server import Server
from reconciler.relay.side import Gone, Side

_CUT = "the server ended before it answered; what was asked of it may have been done"


class Board(Protocol):
    """What a connection asks of the relay around it."""

    polling: Polling

    def port(self) -> int | None:
        """Of the server to send a request to now; None while requests are held back."""
        ...

    def wait(self, connection: Connection) -> None:
        """Call the connection's `go` when it is worth trying, or `give_up`."""
        ...

    def found(self) -> None:
        """A server could be reached."""
        ...

    def left(self, connection: Connection) -> None:
        """The connection ended."""
        ...


class Connection:
    """A client's connection. One request at a time is under way; what comes meanwhile waits.

    `waits_since` is the board's: since when no server could be reached for the request.
    """

    __slots__ = ("_board", "_body", "_client", "_ended", "_head_left", "_inbox", "_leaving",
                 "_request", "_sent", "_server", "is_busy", "waits_since")  # fmt: skip

    def __init__(self, board: Board, sock: socket.socket) -> None:
        self.waits_since: float | None = None
        self.is_busy = False  # whether a server has a request of ours and has not answered it
        self._board = board
        self._inbox = bytearray()  # from the client, not sent on yet
        self._request: Head | None = None  # the first that is not answered
        self._head_left = 0  # bytes of its head in the inbox
        self._body: Body = NOTHING  # of it, once a server is asked
        self._sent = b""  # of it, where it may be sent a second time
        self._ended = False  # the client sends no more
        self._leaving = False  # ends as soon as the client has all that is for it
        self._server: Server | None = None
        self._client = Side(sock, board.polling, self._ready)

    def go(self) -> None:
        """Send the request that waits to the server of the moment."""
        if self._request is None or self.is_busy:
            return
        port = self._board.port()
        if port is None:
            self._board.wait(self)
            return
        if self._server and self._server.port != port:
            self._drop()
        if self._server is None:
            self._server = Server(port, self._board.polling, self)
        elif self._server.up:
            self._begin(self._server, self._request)

    def turn(self) -> None:
        """Another server answers from now on; what the old one was asked it still answers."""
        if not self.is_busy:
            self._drop()
            self.go()

    def give_up(self, says: str, status: str = "502 Bad Gateway") -> None:
        """Answer in words of our own, and end."""
        text = f"gsctl relay: {says}\n".encode()
        head = (f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\n"
                "Connection: close\r\n\r\n")  # fmt: skip
        try:
            self._client.send(head.encode() + text)
            self._leave()
        except Gone:
            self.close()

    def close(self) -> None:
        """End at once."""
        self._drop()
        self._request = None
        self._client.close()
        self._board.left(self)

    # --- the client ---

    def _ready(self, events: int) -> None:
        try:
            if events & EPOLLOUT:
                self._client.flush()
                self._took()
            if events & EPOLLIN:
                self._hear()
            elif events & (EPOLLHUP | EPOLLERR):
                self.close()
        except Gone:
            self.close()

    def _took(self) -> None:
        if self._leaving:
            self._leave()
        elif not self._client.is_full:
            if self._server:
                self._server.listen(wanted=True)
            self._next()

    def _hear(self) -> None:
        data = self._client.receive()
        if data is None:
            return
        if not data:
            self._ended = True
            if self._leaving or (self._request is None and self._client.is_empty):
                self.close()
                return
        if self._straight(data):
            return
        if not self._leaving:  # what comes after the last answer is for nobody
            self._inbox += data
            if self.is_busy:
                self._go_on()
            else:
                self._next()
        self._bound()

    def _straight(self, data: bytes) -> bool:
        """Pass on a request that came whole and alone, as most do; whether it was one."""
        if self._request or self._inbox or self._leaving or self._client.is_full:
            return False
        try:
            request = messages.request(data)
            if request is None or request.whole != len(data):
                return False
            port, server = self._board.port(), self._server
            if server is None or server.port != port or not server.up:
                return False
            server.ask(request.method)
            server.send(data)
        except (Gone, Malformed):
            return False
        self._request, self._body, self.is_busy = request, NOTHING, True
        self._sent = data if request.again else b""
        if server.is_full:
            self._bound()
        return True

    def _go_on(self) -> None:
        try:
            self._pass_on()
        except Gone:  # the server, not the client: what it said before that is read first
            return

    def _bound(self) -> None:
        """Hear no more of the client than can be sent on."""
        full = len(self._inbox) > CHUNK_BYTES or bool(self._server and self._server.is_full)
        self._client.listen(wanted=not self._ended and (self._leaving or not full))

    def _next(self) -> None:
        """Begin with the next request once it is there and the client took the last answer."""
        if self._request or self._leaving or self._client.is_full:
            return
        try:
            self._request = messages.request(self._inbox) if self._inbox else None
        except Malformed as error:
            self.give_up(str(error), error.status)
            return
        if self._request:
            self.go()
        elif self._ended:
            self._leave()

    def _leave(self) -> None:
        """End once the client has everything."""
        self._drop()
        self._request, self._leaving = None, True
        if not self._client.is_empty:
            return
        if self._ended or not self._inbox:
            self.close()
        else:
            # Closed with bytes unread, the connection would break before the answer arrives.
            self._inbox.clear()
            self._client.end()
            self._bound()

    # --- the server ---

    def server_up(self) -> None:
        """As of `Client`."""
        self.waits_since = None
        self._board.found()
        self.go()

    def server_down(self) -> None:
        """As of `Client`."""
        self._drop()
        self._board.wait(self)

    def server_took(self) -> None:
        """As of `Client`."""
        self._pass_on()
        self._bound()

    def answered(self, data: bytes) -> None:
        """As of `Client`."""
        try:
            self._client.send(data)
        except Gone:
            self.close()
            return
        if self._client.is_full and self._server:
            self._server.listen(wanted=False)

    def finished(self, *, last: bool) -> None:
        """As of `Client`."""
        request = self._request
        self._request, self.is_busy = None, False
        if request is None:
            return  # the client went while its answer came
        if last or request.last or not self._body.done:
            self._leave()
        elif self._inbox or self._ended:
            self._next()
            self._bound()

    def server_gone(self, *, begun: bool) -> None:
        """As of `Client`."""
        was_busy = self.is_busy
        self._drop()
        if not was_busy:
            self.go()
        elif begun:
            self.close()  # half an answer cannot be taken back
        elif self._sent:
            self._inbox[:0] = self._sent
            self._again()
        else:
            self.give_up(_CUT)

    def _drop(self) -> None:
        if self._server:
            self._server.close()
        self._server = None
        self.is_busy = False

    def _begin(self, server: Server, request: Head) -> None:
        """Send the head of a request, and of its body what is there."""
        server.ask(request.method)
        self._head_left, self._body = request.size, request.body()
        self._sent = bytes(self._inbox[: request.size]) if request.again else b""
        self.is_busy = True
        try:
            self._pass_on()
            self._bound()
        except Gone:  # it ended meanwhile and has nothing of this request
            self._drop()
            self._again()

    def _again(self) -> None:
        self._request = messages.request(self._inbox)
        self._sent = b""
        self._board.wait(self)

    def _pass_on(self) -> None:
        """Send on what there is of the request under way. Raises Gone."""
        server, request = self._server, self._request
        if server is None or request is None or server.is_full:
            return
        data = bytes(self._inbox)
        try:
            taken = self._head_left + self._body.take(data[self._head_left :])
        except Malformed as error:
            self.give_up(str(error), error.status)
            return
        if taken:
            server.send(data if taken == len(data) else data[:taken])
            del self._inbox[:taken]
            self._head_left = 0
        if self._ended and not self._body.done:
            self.close()  # less came than was announced
