"""`gsctl plan`: desired x live, and nothing is touched."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call
from gsctl.commands.options import AllowDeletes, Exclude, Rebuild, Reload, Target
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit

if TYPE_CHECKING:
    from gsctl.doors.door import Door
    from reconciler.api import Planned


def plan(  # noqa: PLR0913  the contract's options
    context: typer.Context,
    *,
    target: Target = None,
    exclude: Exclude = None,
    detailed_exitcode: Annotated[bool, typer.Option("--detailed-exitcode",
        help="2 when changes are pending.")] = False,
    explain: Annotated[bool, typer.Option("--explain",
        help="Also the physical steps, with what the engine would be told.")] = False,
    allow_deletes: AllowDeletes = False,
    reload: Reload = None,
    rebuild: Rebuild = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE",
        help="Save the plan, for `gsctl apply FILE`.")] = None,
) -> int:  # fmt: skip
    """Show what `apply` would do."""
    from gsctl.requests import Asked, words_of

    call: Call = aimed(context.obj)
    call.format("table", "json", "yaml", "markdown")
    asked = Asked(target or (), exclude or (), reload or (), rebuild or (), allow_deletes)
    with closing(open_door(call)) as door:
        request = asked.request(call.choices.tenant)
        planned = door.propose(request, explain=explain)
        _show(call, door, planned, explain=explain)
    call.screen.problems((*planned.plan.problems, *planned.plan.notes))
    if out and planned.plan.fingerprint:
        from gsctl.saving import save

        save(call, planned, request, out)
    told = f"`{call.repeat(f'apply {out}' if out else words_of(request))}` does this"
    if planned.coordinated and not (request.reload or request.rebuild):
        told = "the coordinator does this by itself"
    pending = _judged(call, planned, told)
    return Exit.DONE if pending is Exit.PENDING and not detailed_exitcode else pending


def _show(call: Call, door: Door, planned: Planned, *, explain: bool) -> None:
    """The plan, as it is asked for; each view is imported only where it is."""
    screen = call.screen
    if call.choices.format == "markdown":
        from gsctl.views.plan_markdown import plan_markdown

        screen.data(plan_markdown(planned))
    elif call.choices.format != "table":
        from gsctl.views.plan_json import plan_plain
        from gsctl.views.tables import json_text, yaml_text

        text = json_text if call.choices.format == "json" else yaml_text
        screen.data(text(plan_plain(planned)))
    elif planned.plan.fingerprint:
        from gsctl.views.plan import plan_text

        screen.data(plan_text(planned, screen.paint, screen.data_width))
        if explain:
            from gsctl.views.steps import steps_text

            screen.data("\n" + steps_text(door, planned, screen.paint))


def _judged(call: Call, planned: Planned, hint: str) -> Exit:
    """How it ended, and what to do next."""
    from reconciler.model.problem import errors

    if errors(planned.plan.problems):
        return Exit.FAILED
    if not planned.plan.pending:
        return Exit.DONE
    if planned.plan.applyable and not planned.elsewhere:
        call.screen.hint(hint)
    return Exit.PENDING
