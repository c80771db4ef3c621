"""`gsctl get`, `describe`, `status`: what is wished and what lives, with its phase."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit, Stop, complain
from gsctl.names import complete_address

if TYPE_CHECKING:
    from reconciler.api import Planned
    from reconciler.model.key import Key
    from reconciler.things import Thing

_WATCH_S = 2.0


def get(
    context: typer.Context,
    *,
    what: Annotated[str | None, typer.Argument(metavar="[KIND[/NAME]]",
        autocompletion=complete_address)] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Show it anew when it changes.")] = False,
) -> int:  # fmt: skip
    """List what is declared or lives, with phase, rows and endpoint."""
    from gsctl.views.tables import FORMATS

    call: Call = aimed(context.obj)
    call.format(*FORMATS)
    if watch:
        return _watch(call, what)
    text, code = _listed(call, what)
    call.screen.data(text)
    return code


def _listed(call: Call, what: str | None) -> tuple[str, int]:
    from gsctl.views.tenants import tenants_text
    from gsctl.views.things import things_text
    from reconciler.model.problem import errors

    planned, things = _look(call)
    chosen = _choose(call, what, things)
    call.screen.problems(problem for problem in planned.plan.problems if not problem.address
                         or call.choices.verbose or not planned.plan.fingerprint)  # fmt: skip
    one = what is not None and "/" in what
    view = tenants_text if all(thing.share for thing in chosen) and chosen else things_text
    text = view(chosen, call.choices.format, call.screen, one=one)
    return text, Exit.FAILED if errors(planned.plan.problems) else Exit.DONE


def _look(call: Call) -> tuple[Planned, tuple[Thing, ...]]:
    with closing(open_door(call)) as door:
        return door.look()


def _choose(call: Call, what: str | None, things: tuple[Thing, ...]) -> list[Thing]:
    """Those that were asked for. Raises Stop for a name that is nowhere."""
    from gsctl.addresses import kind_of
    from reconciler.model.problem import Problem

    tenant = call.choices.tenant
    if what is not None and "/" in what:
        key = _key(call, what)
        found = [thing for thing in things if thing.key == key]
        if not found:
            raise complain(f"there is no {key}, declared or live", "RF104",
                           f"`{call.repeat('get')}` shows what there is")  # fmt: skip
        return found
    kind = kind_of(what) if what else None
    if isinstance(kind, Problem):
        raise Stop(kind)
    return [thing for thing in things if kind in (None, thing.key.kind)
            and tenant in (None, thing.key.belongs_to)]  # fmt: skip


def _key(call: Call, text: str) -> Key:
    from gsctl.addresses import parse
    from reconciler.model.problem import Problem

    key = parse(text, call.choices.tenant)
    if isinstance(key, Problem):
        raise Stop(key)
    return key


def _watch(call: Call, what: str | None) -> int:
    """Until Ctrl-C. On a terminal in place; elsewhere again whenever something changed."""
    shown = None
    try:
        while True:
            text, _ = _listed(call, what)
            if text != shown:
                clear = "\x1b[H\x1b[2J" if call.screen.out.isatty() else ""
                call.screen.data(clear + text)
                shown = text
            time.sleep(_WATCH_S)
    except KeyboardInterrupt:
        return Exit.DONE  # that is how one leaves


def describe(
    context: typer.Context,
    *,
    address: Annotated[str, typer.Argument(metavar="ADDR", autocompletion=complete_address)],
) -> int:
    """Everything about one thing."""
    from gsctl.views.tables import json_text, yaml_text
    from gsctl.views.things import description

    call: Call = aimed(context.obj)
    form = call.format("table", "json", "yaml", "mermaid", "dot")
    if "/" not in address:
        _key(call, address)  # says what is wrong with it
    planned, things = _look(call)
    thing = _choose(call, address, things)[0]
    if form in ("mermaid", "dot"):
        call.screen.data(_drawn(planned, thing, form))
        return Exit.DONE
    if form == "table":
        call.screen.data(description(thing, planned, call.screen.paint))
    else:
        call.screen.data((json_text if form == "json" else yaml_text)(thing.plain()))
    return Exit.DONE


def _drawn(planned: Planned, thing: Thing, form: str) -> str:
    """The schema of a graph: as it lives, else as it is wished. Raises Stop for other kinds."""
    from gsctl.views.diagram import schema_dot, schema_mermaid

    live, wish = planned.live.graphs.get(thing.key), planned.graphs.get(thing.key)
    copy = live.serving if live else None
    catalog = copy.catalog if copy else wish.catalog if wish else None
    if catalog is None:
        raise complain(f"{thing.key} has no schema to draw", "CL102",
                       "graphs do: `describe Graph/x -o mermaid`")  # fmt: skip
    return schema_mermaid(catalog) if form == "mermaid" else schema_dot(catalog)


def status(context: typer.Context) -> int:
    """One line: 0 when everything is Ready, 1 otherwise."""
    from gsctl.views.tables import json_text
    from gsctl.views.things import all_ready, status_line, status_plain

    call: Call = aimed(context.obj)
    form = call.format("table", "json")
    planned, every = _look(call)
    things = _choose(call, None, every)
    if form == "json":
        call.screen.data(json_text(status_plain(planned, things)))
    else:
        call.screen.data(status_line(planned, things))
    if not planned.plan.fingerprint:
        call.screen.problems(planned.plan.problems)
    return Exit.DONE if planned.plan.fingerprint and all_ready(things) else Exit.FAILED
