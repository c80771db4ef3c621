"""How each environment of a coordinator is, in a word, for whoever may see it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request

from reconciler.server.auth import Principal
from reconciler.server.desk import Desk, Phrases
from reconciler.server.hall import Hall
from reconciler.server.narrow import of_tenant
from reconciler.server.page.overview import Part, Verdict, verdict
from reconciler.server.page.sheet import Reader, home_of, home_tenant
from reconciler.server.window import Scene, Sight


@dataclass(frozen=True, slots=True)
class Kept:
    """An environment that is kept. `scene` None: it is not seen yet, or not by whoever looks."""

    name: str
    home: str  # where his first page of it is
    here: bool
    verdict: Verdict
    scene: Scene | None = None
    whole: bool = False  # all tenants of it are for him


def part_of(desk: Desk, sight: Sight, who: Principal, tenant: str | None) -> Part:
    """What of a look is about a tenant; None: all of it, which is for who may see all tenants."""
    whole = who.everywhere is not None
    last = next(iter(desk.history.newest(1)), None) if whole else None
    if tenant is None:
        return Part(sight.planned, sight.things, last)
    things = tuple(thing for thing in sight.things if thing.key.belongs_to == tenant)
    return Part(of_tenant(sight.planned, tenant, whole=whole), things, last)


def verdict_of(desk: Desk, sight: Sight, part: Part, phrases: Phrases) -> Verdict:
    """How an environment is at this moment."""
    unready = desk.window.unready(time.time())
    return verdict(part, unready, acting=sight.acting, summed=phrases.sum)


def kept(request: Request, hall: Hall, reader: Reader) -> list[Kept]:
    """All environments, where there are several."""
    return list(_kept(request, hall, reader)) if len(hall.names) > 1 else []


def _kept(request: Request, hall: Hall, reader: Reader) -> Iterator[Kept]:
    current = hall.meant(request.url.path)
    for name in hall.names:
        desk, place, here = hall.desk(name), hall.place(name), name == current
        who = reader.who if here else hall.reader(request.scope, desk) if desk else None
        if desk and (who is None or not (who.everywhere or who.roles)):
            yield Kept(name, f"{place}/", here, Verdict("", "Not for you", "log in with its token"))
        elif desk and who and desk.window.scene.sight:
            told = _verdict(desk, desk.window.scene.sight, who, hall.phrases)
            yield Kept(name, f"{place}{home_of(who)}", here, told, desk.window.scene,
                       who.everywhere is not None)  # fmt: skip
        else:
            why = hall.state(name, time.time())[1]
            yield Kept(name, f"{place}/", here, Verdict("unknown", "Not to be relied on", why))


def _verdict(desk: Desk, sight: Sight, who: Principal, phrases: Phrases) -> Verdict:
    tenant = None if who.everywhere else home_tenant(who)
    return verdict_of(desk, sight, part_of(desk, sight, who, tenant), phrases)
