"""What the loop is asked to do: withdrawn where it is not begun in time, and told as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from fastapi.responses import Response, StreamingResponse

from reconciler import wire
from reconciler.lease import LeaseLost
from reconciler.loop.orders import Busy, NotDone, Told
from reconciler.model.plan import Outcome, Request
from reconciler.model.problem import Problem
from reconciler.server.desk import Desk
from reconciler.server.refusal import Refusal, refused
from reconciler.server.rest import leading

_BEAT_S = 15.0  # for who is between, and to find out who is gone
_STATUS = {"RF104": 404, "DS107": 403}  # of what was not begun; else 409


@dataclass(frozen=True, slots=True)
class Deed:
    """`fingerprint` is that of a plan that was shown: nothing is done if it changed.

    `wait_s`: the most seconds until it is begun.
    """

    request: Request
    fingerprint: str | None
    wait_s: float


@dataclass(frozen=True, slots=True)
class _Under:
    """A deed under way. `news` ends with None."""

    order: Future[Outcome]
    news: asyncio.Queue[Told | None]


async def done(desk: Desk, deed: Deed) -> Outcome:
    """What a deed came to. Raises Refusal where nothing was begun within that time."""
    under, news = await _begun(desk, deed)
    while news is not None:
        news = await under.news.get()
    return _outcome(under.order)


async def told(desk: Desk, deed: Deed) -> Response:
    """The plan that is done, each event as it comes, then the Outcome, or problems: a line each.

    Raises Refusal where nothing was begun.
    """
    under, first = await _begun(desk, deed)
    if first is None:  # it was not begun, and that says why
        return Response(wire.line(_outcome(under.order)), media_type=wire.LINES)
    return StreamingResponse(_lines(under, first), media_type=wire.LINES)


async def _begun(desk: Desk, deed: Deed) -> tuple[_Under, Told | None]:
    """A deed of which something is told, or which is over."""
    leading(desk)
    under = _put(desk, deed)
    with suppress(TimeoutError):
        return under, await asyncio.wait_for(under.news.get(), deed.wait_s)
    if under.order.cancel():
        raise refused(503, "HT111", f"the loop was busy for {deed.wait_s:g} s: nothing was done",
                      "ask again, or let it wait longer", {"Retry-After": "10"})  # fmt: skip
    return under, await under.news.get()


def _put(desk: Desk, deed: Deed) -> _Under:
    loop, news = asyncio.get_running_loop(), asyncio.Queue[Told | None]()

    def tell(noun: Told | None) -> None:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(news.put_nowait, noun)

    try:
        order = desk.orders.put(deed.request, deed.fingerprint, tell)
    except Busy as error:
        raise refused(503, "HT110", "as many orders wait as there may be", "ask later") from error
    order.add_done_callback(lambda _: tell(None))
    return _Under(order, news)


def _outcome(order: Future[Outcome]) -> Outcome:
    """Raises Refusal."""
    try:
        return order.result(0)
    except NotDone as error:
        raise Refusal(_STATUS.get(error.problems[0].code, 409), *error.problems) from error
    except LeaseLost as error:
        raise refused(409, "LE102", str(error)) from error


async def _lines(under: _Under, first: Told) -> AsyncIterator[bytes]:
    yield wire.line(first)
    while True:
        try:
            news = await asyncio.wait_for(under.news.get(), _BEAT_S)
        except TimeoutError:
            yield b"\n"
            continue
        if news is None:
            break
        yield wire.line(news)
    yield wire.line(_end(under.order))


def _end(order: Future[Outcome]) -> Outcome | tuple[Problem, ...]:
    try:
        return _outcome(order)
    except Refusal as refusal:
        return refusal.problems
