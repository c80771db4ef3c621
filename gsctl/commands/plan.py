"""`gsctl plan`: desired x live, and nothing is touched."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from gsctl.commands.options import AllowDeletes, Exclude, Rebuild, Reload, Target
from gsctl.context import Call
from gsctl.exits import Exit


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
    from gsctl.requests import Asked
    from gsctl.views.plan import plan_text
    from gsctl.views.plan_json import plan_plain
    from gsctl.views.steps import steps_text
    from gsctl.views.tables import json_text, yaml_text
    from reconciler.model.problem import errors

    call: Call = context.obj
    form = call.format("table", "json", "yaml")
    asked = Asked(target or (), exclude or (), reload or (), rebuild or (), allow_deletes)
    with closing(call.api()) as api:
        request = asked.request(call.choices.tenant)
        planned = api.plan(request)
        screen, made = call.screen, planned.plan
        if form != "table":
            plain = plan_plain(planned)
            screen.data(json_text(plain) if form == "json" else yaml_text(plain))
        elif made.fingerprint:
            screen.data(plan_text(planned, screen.paint))
            if explain:
                screen.data("\n" + steps_text(api, planned, screen.paint))
    screen.problems((*made.problems, *made.notes))
    if out and made.fingerprint:
        from gsctl.saving import save

        save(call, planned, request, out)
    if errors(made.problems):
        return Exit.FAILED
    if not made.pending:
        return Exit.DONE
    if made.applyable:
        screen.hint(f"`{call.repeat(f'apply {out}' if out else 'apply')}` does this")
    return Exit.PENDING if detailed_exitcode else Exit.DONE
