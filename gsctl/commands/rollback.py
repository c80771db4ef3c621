"""`gsctl rollback` and `gsctl unhold`: back to the copy before, and on again."""

from __future__ import annotations

from typing import Annotated

import typer

from gsctl.commands.options import AllowDeletes, Wait, Yes
from gsctl.doors.opening import aimed

Graph = Annotated[str, typer.Argument(metavar="Graph/NAME", help="The graph.")]


def rollback(
    context: typer.Context,
    graph: Graph,
    *,
    yes: Yes = False,
    allow_deletes: AllowDeletes = False,
    wait: Wait = 0.0,
) -> int:
    """Let the copy that answered before answer again; what replaced it is held until it changes."""
    from gsctl.applying import carry_out
    from gsctl.doors.door import Way
    from gsctl.requests import Asked

    call = aimed(context.obj)
    asked = Asked(rollback=[graph], allow_deletes=allow_deletes)
    return carry_out(call, Way(asked.request(call.choices.tenant), False, yes, wait))


def unhold(context: typer.Context, graph: Graph, *, wait: Wait = 0.0) -> int:
    """Release what a rollback, or a server that did not come up, has refused."""
    from gsctl.applying import carry_out
    from gsctl.doors.door import Way
    from gsctl.requests import Asked

    call = aimed(context.obj)
    asked = Asked(unhold=[graph])
    return carry_out(
        call, Way(asked.request(call.choices.tenant), False, approved=True, wait_s=wait)
    )
