"""Events as they come: the page that lists them, and the stream that keeps pages fresh."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response, StreamingResponse

from reconciler.server.feed import Told
from reconciler.server.page.paths import ours
from reconciler.server.page.reading import TheReader, TheSheets
from reconciler.server.page.sheet import Sheets
from reconciler.server.questions import seen_by, streamed
from reconciler.server.rest import TheDesk, TheSight, allowed, needs
from reconciler.server.tokens import Role

router = APIRouter(dependencies=[Depends(allowed)], include_in_schema=False)
_SHOWN = 200


@router.get("/events")
@needs(Role.VIEWER)
def events(request: Request, desk: TheDesk, sheets: TheSheets, reader: TheReader) -> Response:
    """What happened, the newest first; what comes is put before it."""
    sees = seen_by(reader.who, reader.tenant, named=reader.base != reader.place)
    kept = desk.feed.newest(sees)[:_SHOWN]
    last = kept[0].id if kept else 0
    return sheets.show(request, "events.html", events=kept, last=last)


@router.get("/fresh")
@needs(Role.VIEWER)
def fresh(
    request: Request, sheets: TheSheets, sight: TheSight, after: float, of: str
) -> Response:  # fmt: skip
    """A word where something changed since a page was made; 204 where nothing did."""
    if sight.changed <= after:
        return Response(status_code=204)
    return sheets.show(request, "fresh.html", of=ours(of))


@router.get("/events/stream", response_class=StreamingResponse)
@needs(Role.VIEWER)
async def stream(  # noqa: PLR0913, PLR0917  each is a part of the request
    request: Request, desk: TheDesk, sheets: TheSheets, reader: TheReader,
    after: int | None = None, last_event_id: Annotated[int | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """The same events as `/v1/events`, each as a line of the page."""
    sees = seen_by(reader.who, reader.tenant, named="tenant" in request.path_params)
    begun = last_event_id if last_event_id is not None else after
    return await streamed(desk.feed.listen(begun, sees, partial(_line, sheets)))


def _line(sheets: Sheets, told: Told) -> str:
    """As server-sent events have a text of several lines."""
    text = sheets.text("event.html", event=told).strip()
    lines = "".join(f"data: {line}\n" for line in text.splitlines())
    return f"id: {told.id}\nevent: {told.type}\n{lines}\n"
