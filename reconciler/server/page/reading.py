"""The pages that are read. Each says, as each question of `/v1` does, which role it needs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from reconciler.api import Planned
from reconciler.model.key import Key
from reconciler.server.narrow import of_tenant
from reconciler.server.page import overview
from reconciler.server.page.choices import APPROVE, choices
from reconciler.server.page.difference import differs, stretches
from reconciler.server.page.drawing import Picture, drawn
from reconciler.server.page.environments import kept, part_of, verdict_of
from reconciler.server.page.sheet import Reader, Sheets, phases, reader_of
from reconciler.server.refusal import refused
from reconciler.server.rest import Name, TheDesk, TheHall, TheSight, allowed, kind_of, needs
from reconciler.server.tokens import Role
from reconciler.server.window import Sight
from reconciler.things import Thing

router = APIRouter(dependencies=[Depends(allowed)], include_in_schema=False)
_LOG_LINES = 300
_COMPARED = ("Engine", "Graph", "Procedure")  # a Load's record is not in its document's terms


async def sheets_of(request: Request) -> Sheets:
    """The pages over the desk."""
    found: Sheets = request.app.state.sheets
    return found


def reading(request: Request) -> Reader:
    """Who looks, when he was let in."""
    reader = reader_of(request)
    assert reader, "`allowed` has let him in"
    return reader


TheSheets = Annotated[Sheets, Depends(sheets_of)]
TheReader = Annotated[Reader, Depends(reading)]


@router.get("/")
@needs(Role.VIEWER)
def first(  # noqa: PLR0913, PLR0917  each is a part of the request
    request: Request, hall: TheHall, desk: TheDesk, sheets: TheSheets, sight: TheSight,
    reader: TheReader,
) -> Response:  # fmt: skip
    """How the environment is, what needs a person, and every thing."""
    part = part_of(desk, sight, reader.who, reader.tenant)
    return sheets.show(
        request, "overview.html", sight=sight, last=part.last, needs=part.needs,
        rows=overview.rows(part.things, sight.since), phases=phases(part.things),
        verdict=verdict_of(desk, sight, part, hall.phrases), kept=kept(request, hall, reader),
    )  # fmt: skip


@router.get("/things/{kind}/{name}")
@needs(Role.VIEWER)
def thing(  # noqa: PLR0913, PLR0917  each is a part of the request
    request: Request, sheets: TheSheets, sight: TheSight, reader: TheReader,
    kind: str, name: Name, did: str = "",
) -> Response:  # fmt: skip
    """Everything about one thing: declared against live, drift, copies, its picture."""
    key = Key(reader.tenant, kind_of(kind), name)
    his = (t for t in _his(sight, reader) if (t.key.kind, t.key.name) == (kind, name))
    found = next(his, None)
    if found is None:
        raise refused(404, "RF104", f"there is no {key}, declared or live", "the first page lists")
    planned = of_tenant(sight.planned, reader.tenant, whole=reader.whole)
    graph = planned.live.graphs.get(key)
    compared = stretches(found.spec, found.live if key.kind in _COMPARED else found.spec)
    return sheets.show(
        request, "thing.html", sight=sight, thing=found, graph=graph, planned=planned,
        compared=compared, differs=differs(compared), since=sight.since.get(key), did=did,
        choices=choices(found, planned, reader.role), picture=_picture(planned, key),
    )  # fmt: skip


@router.get("/things/Graph/{name}/log")
@needs(Role.EDITOR)
def log(  # noqa: PLR0913, PLR0917  each is a part of the request
    request: Request, desk: TheDesk, sheets: TheSheets, sight: TheSight, reader: TheReader,
    name: Name, of: Literal["server", "relay"] = "server",
) -> Response:  # fmt: skip
    """What a graph's server wrote last. For editors: a query in it may be anybody's."""
    key = Key(reader.tenant, "Graph", name)
    graph = sight.planned.live.graphs.get(key)
    if graph is None:
        raise refused(404, "RF104", f"there is no live {key}", "the first page lists")
    lines = desk.asking.log(graph, _LOG_LINES, relay=of == "relay").every
    return sheets.show(request, "log.html", key=key, graph=graph, of=of, lines=lines)


@router.get("/plan")
@needs(Role.VIEWER)
def plan(
    request: Request, sheets: TheSheets, sight: TheSight, reader: TheReader, did: str = ""
) -> Response:
    """What the next turn would do, as `gsctl plan` says it."""
    planned = of_tenant(sight.planned, reader.tenant, whole=reader.whole)
    return sheets.show(request, "plan.html", sight=sight, planned=planned, plan=planned.plan,
                       did=did, approval=APPROVE)  # fmt: skip


@router.get("/history")
@needs(Role.VIEWER, whole=True)
def history(request: Request, desk: TheDesk, sheets: TheSheets) -> Response:
    """The turns that said something new, the newest first."""
    turns: list[Any] = desk.history.newest(100)
    return sheets.show(request, "history.html", turns=turns)


def _his(sight: Sight, reader: Reader) -> list[Thing]:
    return [thing for thing in sight.things if thing.key.belongs_to == reader.tenant]


def _picture(planned: Planned, key: Key) -> Picture | None:
    """Of what lives, else of what is declared."""
    live, wish = planned.live.graphs.get(key), planned.graphs.get(key)
    catalog = live.serving.catalog if live and live.serving else wish.catalog if wish else None
    return drawn(catalog) if catalog else None
