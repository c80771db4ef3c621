"""Where messages end, however they arrive."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.relay import messages
from reconciler.relay.messages import Chunked, Malformed

chunks = st.lists(st.binary(min_size=1, max_size=40), max_size=5)


@given(chunks, st.lists(st.integers(0, 300)), st.binary(max_size=20), st.booleans())
def test_a_chunked_body_ends_at_the_same_byte_however_it_is_cut(
    parts: list[bytes], cuts: list[int], after: bytes, trailer: bool
) -> None:
    told = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0;last\r\n"
    told += (b"X-Trailer: 1\r\n" if trailer else b"") + b"\r\n"
    data, body, taken, begin = told + after, Chunked(), 0, 0
    for end in [*sorted(cut for cut in cuts if cut < len(data)), len(data)]:
        taken += body.take(data[begin:end])
        begin = end
    assert body.done
    assert taken == len(told)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(b"GET /\r\n\r\n", id="no version"),
        pytest.param(b"GET / HTTP/2.0\r\n\r\n", id="another version"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", id="a length that is none"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", id="a signed length"),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", id="two lengths"
        ),
        pytest.param(
            b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            id="a length and chunks",
        ),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", id="no chunks at last"),
        pytest.param(b"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", id="a bare line end"),
        pytest.param(b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", id="a folded line"),
        pytest.param(b"x" * 70000, id="no end in sight"),
    ],
)
def test_what_nobody_can_tell_the_end_of_is_refused(told: bytes) -> None:
    with pytest.raises(Malformed):
        messages.request(told)


@pytest.mark.parametrize("size", [b"", b"+5", b"0x5", b"1_0", b"g", b"-1", b"f" * 17])
def test_a_size_of_a_chunk_is_plain_hexadecimal(size: bytes) -> None:
    with pytest.raises(Malformed):
        Chunked().take(size + b"\r\nabcde\r\n")


def test_a_head_is_read_once_unless_it_names_somebody() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n%b\r\n"
    plain, personal = head % b"", head % b"Authorization: Basic YTpi\r\n"
    assert messages.request(plain + b"abcde") is messages.request(plain + b"fghij")
    assert messages.request(personal) is not messages.request(personal)


def test_no_more_heads_are_remembered_than_fit() -> None:
    for number in range(1000):
        messages.request(b"GET /%d HTTP/1.1\r\n\r\n" % number)
    first, last = b"GET /0 HTTP/1.1\r\n\r\n", b"GET /999 HTTP/1.1\r\n\r\n"
    assert messages.request(last) is messages.request(last)
    assert len(messages._requests) < 300
    assert messages.request(first)
