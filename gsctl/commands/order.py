"""`gsctl order`: what comes after what."""

from __future__ import annotations

from contextlib import closing

import typer

from gsctl.call import Call
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit


def order(context: typer.Context) -> int:
    """Show in which order a plan's steps are done; without changes, what stands on what."""
    from gsctl.views.order import order_dot, order_mermaid, order_of, order_plain, order_text
    from gsctl.views.tables import json_text, yaml_text
    from reconciler.model.plan import Request
    from reconciler.model.problem import errors

    call: Call = aimed(context.obj)
    form = call.format("table", "json", "yaml", "mermaid", "dot")
    with closing(open_door(call)) as door:
        planned = door.plan(Request())
    screen, plan = call.screen, planned.plan
    screen.problems(plan.problems)
    if not plan.fingerprint:
        return Exit.FAILED
    found = order_of(planned)
    match form:
        case "json":
            screen.data(json_text(order_plain(found)))
        case "yaml":
            screen.data(yaml_text(order_plain(found)))
        case "mermaid":
            screen.data(order_mermaid(found))
        case "dot":
            screen.data(order_dot(found))
        case _:
            screen.data(order_text(found, screen.paint))
    return Exit.FAILED if errors(plan.problems) else Exit.DONE
