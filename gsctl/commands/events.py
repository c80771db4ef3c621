"""`gsctl events`: the applies of the past, by whomever, and each new one as it ends."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit

if TYPE_CHECKING:
    from reconciler.ledger import Run

_WATCH_S = 1.0


def events(
    context: typer.Context,
    *,
    watch: Annotated[bool, typer.Option("--watch",
        help="Go on, and tell each apply when it ends.")] = False,
) -> int:  # fmt: skip
    """What was done here, the oldest first: when, by whom, how it ended, what it changed."""
    from gsctl.views.runs import runs_text
    from gsctl.views.tables import FORMATS

    call: Call = aimed(context.obj)
    form = call.format(*FORMATS)
    if watch:
        return _watch(call, form)
    with closing(open_door(call)) as door:
        call.screen.data(runs_text(door.runs(), form, call.screen))
    return Exit.DONE


def _watch(call: Call, form: str) -> int:
    """Until Ctrl-C: a line an apply; as JSON, an object a line."""
    from gsctl.views.runs import run_line

    told: tuple[Run, ...] = ()
    try:
        with closing(open_door(call)) as door:
            while True:
                runs = door.runs()
                for run in (run for run in runs if run not in told):
                    call.screen.data(run_line(run, form))
                told = runs
                time.sleep(_WATCH_S)
    except KeyboardInterrupt:
        return Exit.DONE  # that is how one leaves
