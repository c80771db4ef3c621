"""Where messages of HTTP/1.1 begin and end, and no more: what they say is passed on as it is."""

from __future__ import annotations

from typing import Protocol

MAX_HEAD_BYTES = 65536
_MAX_LINE_BYTES = 4096
_HEX = frozenset(b"0123456789abcdefABCDEF")
_DIGITS = frozenset(b"0123456789")
_BARE = frozenset({204, 304})  # statuses whose answers have no body, whatever their headers say
_CHUNKED, _UNTIL_END = -1, -2  # in the place of a body's length
_KEPT, _KEPT_BYTES = 256, 1024  # heads that are remembered, and how long one may be
_PERSONAL = (b"auth", b"cookie", b"token", b"key:", b"secret")  # not remembered: it names somebody


class Malformed(ValueError):
    """What a peer sent is no HTTP/1.1 that we can tell the end of."""

    def __init__(self, says: str, status: str = "400 Bad Request") -> None:
        super().__init__(says)
        self.status = status


class Body(Protocol):
    """The rest of a message after its head."""

    done: bool

    def take(self, data: bytes) -> int:
        """How many bytes at the start of `data` belong to it. Raises Malformed."""
        ...


class Sized:
    """A body of known length."""

    __slots__ = ("_left", "done")

    def __init__(self, size: int) -> None:
        self._left = size
        self.done = size == 0

    def take(self, data: bytes) -> int:
        """As of `Body`."""
        taken = min(self._left, len(data))
        self._left -= taken
        self.done = self._left == 0
        return taken


NOTHING = Sized(0)


class UntilEnd:
    """A body that ends with its connection."""

    done = False

    def take(self, data: bytes) -> int:
        """As of `Body`: all of it."""
        return len(data)


class Chunked:
    """A body in chunks, each told with its size; trailers may follow the last one."""

    __slots__ = ("_left", "_line", "_trailing", "done")

    def __init__(self) -> None:
        self._left = 0  # of the chunk and its line end
        self._line = b""
        self._trailing = False
        self.done = False

    def take(self, data: bytes) -> int:
        """As of `Body`."""
        at = 0
        while at < len(data) and not self.done:
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
            else:
                at = self._read_line(data, at)
        return at

    def _read_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        self._line += data[at:] if end < 0 else data[at:end]
        if len(self._line) > _MAX_LINE_BYTES:
            raise Malformed("a chunk's line is too long")
        if end < 0:
            return len(data)
        line, self._line = self._line.strip(), b""
        if self._trailing:
            self.done = not line
        else:
            size = line.partition(b";")[0].strip()
            if not size or len(size) > 16 or not _HEX.issuperset(size):
                raise Malformed("a chunk without a size")
            count = int(size, 16)
            self._trailing = count == 0
            self._left = count + 2 if count else 0
        return end + 1


class Head:
    """What the head of a message says; nothing changes it, so that equal heads may share one.

    `size` is its own, in bytes; `whole` the message's, negative where only its body tells. `last`:
    no message follows. `again`: a request that may be sent a second time when nobody answered the
    first, as it changes nothing. `status` is that of an answer.
    """

    __slots__ = ("_length", "again", "last", "method", "size", "status", "whole")

    def __init__(self, size: int, length: int, *, last: bool, method: bytes = b"",
                 status: int = 0) -> None:  # fmt: skip
        self.size = size
        self.whole = size + length if length >= 0 else length
        self.last = last
        self.again = method in (b"get", b"head", b"options") and length == 0
        self.method = method
        self.status = status
        self._length = length

    def body(self) -> Body:
        """The body that follows, of which nothing is taken yet."""
        if self._length >= 0:
            return Sized(self._length)
        return Chunked() if self._length == _CHUNKED else UntilEnd()


_requests: dict[bytes, Head] = {}
_answers: dict[bytes, Head] = {}


def request(data: bytes | bytearray) -> Head | None:
    """The head of the request that `data` begins with; None while it is not whole.

    Raises:
        Malformed: it is none, or nobody could tell where it ends.
    """
    told = _told(data)
    if told is None:
        return None
    return _requests.get(told) or _remember(_requests, told, _request(_fields(told)))


def answer(data: bytes | bytearray, method: bytes) -> Head | None:
    """The head of the answer to a request of that method (in lower case), as `request`."""
    told = _told(data)
    if told is None:
        return None
    if method == b"head":
        return _answer(_fields(told), bare=True)
    return _answers.get(told) or _remember(_answers, told, _answer(_fields(told), bare=False))


def _told(data: bytes | bytearray) -> bytes | None:
    """The head with its end; None while it is not whole."""
    end = data.find(b"\r\n\r\n")
    if end < 0 or end > MAX_HEAD_BYTES:
        if len(data) > MAX_HEAD_BYTES:
            raise Malformed("its head is too long", "431 Request Header Fields Too Large")
        return None
    return bytes(data[: end + 4])


def _remember(heads: dict[bytes, Head], told: bytes, head: Head) -> Head:
    """Who says a head says it again: reading it takes ten times as long as finding it."""
    if len(told) <= _KEPT_BYTES and not any(word in told.lower() for word in _PERSONAL):
        if len(heads) >= _KEPT:
            heads.clear()
        heads[told] = head
    return head


def _request(fields: bytes) -> Head:
    first, _, _ = fields.partition(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"http/1."):
        raise Malformed("not a request of HTTP/1.1")
    length = _length(fields)
    return Head(len(fields) + 2, 0 if length is None else length, last=_last(fields, words[2]),
                method=words[0])  # fmt: skip


def _answer(fields: bytes, *, bare: bool) -> Head:
    first, _, _ = fields.partition(b"\r\n")
    words = first.split(b" ", 2)
    if not words[0].startswith(b"http/1.") or len(words) < 2 or not words[1].isdigit():
        raise Malformed("not an answer of HTTP/1.1")
    status = int(words[1])
    length: int | None = 0
    if not bare and status not in _BARE and not 100 <= status < 200:
        length = _length(fields)
    return Head(len(fields) + 2, _UNTIL_END if length is None else length,
                last=_last(fields, words[0]), status=status)  # fmt: skip


def _fields(told: bytes) -> bytes:
    """The head in lower case, up to its last line end."""
    fields = told[:-2].lower()
    if fields.count(b"\n") != fields.count(b"\r\n") or b"\r\n " in fields or b"\r\n\t" in fields:
        raise Malformed("its head has lines that end or begin otherwise than HTTP/1.1 has them")
    return fields


def _length(fields: bytes) -> int | None:
    """What the headers announce of the body; None where they announce nothing."""
    size = _value(fields, b"content-length")
    coding = _value(fields, b"transfer-encoding")
    if coding is not None:
        if size is not None or coding.rpartition(b",")[2].strip() != b"chunked":
            raise Malformed("nobody can tell where its body ends")
        return _CHUNKED
    if size is None:
        return None
    if not size or len(size) > 18 or not _DIGITS.issuperset(size):
        raise Malformed("its length is no number")
    return int(size)


def _last(fields: bytes, version: bytes) -> bool:
    """Whether the connection ends after this message."""
    told = _value(fields, b"connection")
    words = {word.strip() for word in told.split(b",")} if told else set()
    return b"close" in words or (version == b"http/1.0" and b"keep-alive" not in words)


def _value(fields: bytes, name: bytes) -> bytes | None:
    """The value of a header. Raises Malformed where it is given twice and not the same."""
    start = b"\r\n" + name + b":"
    at = fields.find(start)
    if at < 0:
        return None
    begin = at + len(start)
    end = fields.find(b"\r\n", begin)
    value = fields[begin:end].strip()
    while (at := fields.find(start, end)) >= 0:
        begin = at + len(start)
        end = fields.find(b"\r\n", begin)
        if fields[begin:end].strip() != value:
            raise Malformed(f"{name.decode()} is given twice")
    return value
