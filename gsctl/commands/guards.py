"""`gsctl approve`, `suspend`, `resume`, `restart`: what people say of changes and live things."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call
from gsctl.commands.options import Wait
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit, Stop, complain
from gsctl.names import complete_address, complete_graph
from reconciler.model.units import parse_duration

if TYPE_CHECKING:
    from gsctl.doors.door import Door
    from reconciler.api import Planned
    from reconciler.model.key import Key

_Thing = Annotated[str, typer.Argument(metavar="ADDR", help="An engine or a graph.",
                                       autocompletion=complete_address)]  # fmt: skip


def approve(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="ADDR|PLANFILE", autocompletion=complete_address,
        help="A thing, with its parts; or a saved plan, whole.")],
    *,
    expires: Annotated[str, typer.Option("--expires", metavar="DURATION",
        help="For how long it holds, if it is not used.")] = "24h",
    destroy: Annotated[bool, typer.Option("--destroy",
        help="Approve what `gsctl destroy` would do.")] = False,
) -> int:  # fmt: skip
    """Agree to pending changes: `apply` makes exactly those, once, while the world is the same."""
    from gsctl.views.guards import moment
    from gsctl.views.tables import json_text

    call: Call = aimed(context.obj)
    form = call.format("table", "json")
    for_s = _seconds(expires)
    with closing(open_door(call)) as door:
        planned, key = _meant(call, door, what, destroy=destroy)
        asks = planned.plan.asks_of(key)
        if not asks:
            raise _nothing(call, planned, what)
        given = door.approve(planned, key, for_s)
    if form == "json":
        plain = [{"address": g.address, "by": g.by, "expires": moment(g.expires)} for g in given]
        call.screen.data(json_text(plain))
    for ask, one in zip(asks, given, strict=True) if form == "table" else ():
        call.screen.data(f"Approved: {ask.key} ({ask.says}), used once, until "
                         f"{moment(one.expires)}")  # fmt: skip
    words = f"apply {what}" if key is None else "destroy" if destroy else "apply"
    told = f"`{call.repeat(words)}` does what was approved"
    call.screen.hint("the coordinator does this by itself" if planned.coordinated else told)
    return Exit.DONE


def _meant(call: Call, door: Door, what: str, *, destroy: bool) -> tuple[Planned, Key | None]:
    """The plan that is spoken of, and the thing in it; None for all. Raises Stop."""
    from gsctl.addresses import parse
    from gsctl.saving import hold_against, read
    from reconciler.model.plan import Request
    from reconciler.model.problem import Problem

    path = Path(what)
    saved = read(path) if path.suffix == ".json" or path.is_file() else None
    key = None if saved else parse(what, call.choices.tenant)
    if isinstance(key, Problem):
        raise Stop(key)
    planned = door.plan(saved.request if saved else Request(), nothing=destroy)
    if not planned.plan.fingerprint:
        raise Stop(*planned.plan.problems)
    if saved:
        hold_against(saved, planned)
    return planned, key


def _nothing(call: Call, planned: Planned, what: str) -> Stop:
    protected = [p for p in planned.plan.refusals if p.code == "DS104" and p.address == what]
    hint = protected[0].hint if protected else f"`{call.repeat('plan')}` shows what waits, for what"
    says = "protection is never lifted" if protected else f"nothing of {what} waits for approval"
    return complain(says, "AP101", hint)


def _seconds(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise complain(f"--expires: {error}", "CL106") from error


def suspend(context: typer.Context, address: _Thing, *, wait: Wait = 0.0) -> int:
    """Leave an engine or a graph alone from now on, whatever the documents say."""
    return _asked(aimed(context.obj), "suspend", address, wait)


def resume(context: typer.Context, address: _Thing, *, wait: Wait = 0.0) -> int:
    """Let a suspended engine or graph be changed again."""
    return _asked(aimed(context.obj), "resume", address, wait)


def restart(
    context: typer.Context,
    graph: Annotated[str, typer.Argument(metavar="Graph/NAME", help="A served graph.",
        autocompletion=complete_graph)],
    *,
    wait: Wait = 0.0,
) -> int:  # fmt: skip
    """Start a graph's server anew, once; nothing else of it changes."""
    return _asked(aimed(context.obj), "restart", graph, wait)


def _asked(call: Call, word: str, address: str, wait: float) -> int:
    from gsctl.addresses import parse
    from gsctl.applying import carry_out
    from gsctl.doors.door import Way
    from reconciler.holder import Holder
    from reconciler.model.plan import Request
    from reconciler.model.problem import Problem

    key = parse(address, call.choices.tenant)
    if isinstance(key, Problem):
        raise Stop(key)
    if key.kind not in ("Engine", "Graph"):
        raise complain(f"{word} takes an engine or a graph, and {key} is neither", "CL104",
                       f"name its graph: `{word} Graph/NAME`")  # fmt: skip
    keys = frozenset({key})
    by = Holder.here(call.command).person
    request = {"suspend": Request(suspend=keys, by=by), "resume": Request(resume=keys, by=by),
               "restart": Request(restart=keys, by=by)}[word]  # fmt: skip
    return carry_out(call, Way(request, False, approved=True, wait_s=wait))
