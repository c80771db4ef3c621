"""`gsctl adopt`: take over engines and graphs that live and are not ours."""

from __future__ import annotations

from typing import Annotated

import typer

from gsctl.commands.options import AllowDeletes, Wait, Yes
from gsctl.doors.opening import aimed


def adopt(
    context: typer.Context,
    addresses: Annotated[list[str], typer.Argument(metavar="ADDR...",
        help="Declared engines and graphs: `Engine/main Graph/social`.")],
    *,
    yes: Yes = False,
    allow_deletes: AllowDeletes = False,
    wait: Wait = 0.0,
) -> int:  # fmt: skip
    """Take over what lives under these names and is not ours, this once; `^` shows what differs."""
    from gsctl.applying import carry_out
    from gsctl.doors.door import Way
    from gsctl.requests import Asked

    call = aimed(context.obj)
    asked = Asked(adopt=addresses, allow_deletes=allow_deletes)
    return carry_out(call, Way(asked.request(call.choices.tenant), False, yes, wait))
