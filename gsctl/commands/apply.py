"""`gsctl apply` and `gsctl destroy`: the same way, to what is declared or to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gsctl.commands.options import (
    AllowDeletes,
    Exclude,
    Parallelism,
    Rebuild,
    Reload,
    Target,
    Wait,
    Yes,
)
from gsctl.doors.opening import aimed


def apply(  # noqa: PLR0913  the contract's options
    context: typer.Context,
    planfile: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PLANFILE]",
            help="A plan saved by `plan --out`: exactly that is done, or nothing.",
        ),
    ] = None,
    *,
    yes: Yes = False,
    target: Target = None,
    exclude: Exclude = None,
    allow_deletes: AllowDeletes = False,
    reload: Reload = None,
    rebuild: Rebuild = None,
    parallelism: Parallelism = 4,
    wait: Wait = 0.0,
) -> int:
    """Make it so: plan, ask, do, and prove that nothing is left to do."""
    from gsctl.applying import carry_out
    from gsctl.doors.door import Way
    from gsctl.exits import complain
    from gsctl.requests import Asked
    from reconciler.model.plan import Request

    call = aimed(context.obj)
    asked = Asked(target or (), exclude or (), reload or (), rebuild or (), allow_deletes)
    request = asked.request(call.choices.tenant)
    saved = None
    if planfile:
        from gsctl.saving import read

        if request != Request():
            raise complain("a saved plan says itself what is meant", "CL110",
                           "give these options to `gsctl plan --out`")  # fmt: skip
        saved = read(planfile)
        request, yes = saved.request, True
    return carry_out(call, Way(request, False, yes, wait, parallelism, saved))


def destroy(  # noqa: PLR0913  the contract's options
    context: typer.Context,
    *,
    yes: Yes = False,
    target: Target = None,
    exclude: Exclude = None,
    allow_deletes: AllowDeletes = False,
    parallelism: Parallelism = 4,
    wait: Wait = 0.0,
) -> int:
    """Remove everything that this owner has: an apply of nothing, behind the same guards."""
    from gsctl.applying import carry_out
    from gsctl.doors.door import Way
    from gsctl.requests import Asked

    call = aimed(context.obj)
    asked = Asked(target or (), exclude or (), allow_deletes=allow_deletes)
    request = asked.request(call.choices.tenant)
    return carry_out(call, Way(request, True, yes, wait, parallelism))
