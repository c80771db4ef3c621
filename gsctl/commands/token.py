"""`gsctl token create|list|revoke`: who may ask the coordinator's API."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call, repository
from gsctl.exits import Exit, complain

if TYPE_CHECKING:
    from reconciler.server.tokens import Tokens


class RoleName(StrEnum):
    """What a token's holder may do; each may what those before it may."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


def create(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is, for people.")],
    role: Annotated[RoleName, typer.Option("--role", help="What it may do.")] = RoleName.VIEWER,
    expires: Annotated[str, typer.Option("--expires", metavar="TIME",
        help="For how long it is good.")] = "90d",
) -> int:  # fmt: skip
    """Make a token, and print it: it is kept nowhere. With --tenant it is for that tenant alone."""
    from reconciler.model.key import is_name
    from reconciler.model.units import parse_duration
    from reconciler.server.tokens import Role

    call: Call = context.obj
    if not is_name(name):
        raise complain(f"`{name}` is no name", "CL104", "letters, digits, `_`, `.` and `-`")
    try:
        for_s = parse_duration(expires)
    except ValueError as error:
        raise complain(f"--expires: {error}", "CL112", "such as 12h or 90d") from None
    try:
        _, text = _tokens(call, make=True).create(
            name, Role[role.value.upper()], call.choices.tenant, for_s
        )
    except ValueError as error:
        hint = f"`{call.repeat(f'token revoke {name}')}`"
        raise complain(str(error), "HT108", hint) from None
    call.screen.data(text)
    call.screen.say("It is shown this once. Send it as `Authorization: Bearer …`.")
    return Exit.DONE


def list_(context: typer.Context) -> int:
    """The tokens that were made; their texts are kept nowhere."""
    from gsctl.views.tables import FORMATS, Listing, render

    call: Call = context.obj
    form = call.format(*FORMATS)
    columns = ("id", "name", "role", "tenant", "created", "expires")
    rows = [
        (t.id, t.name, t.role.name.lower(), t.tenant or "all", _day(t.created_at),
         _day(t.expires_at) if t.expires_at > time.time() else "expired")
        for t in _tokens(call).every()
    ]  # fmt: skip
    plain = [dict(zip(columns, row, strict=True)) for row in rows]
    call.screen.data(render(Listing(columns, rows, plain), form, call.screen.paint))
    return Exit.DONE


def revoke(
    context: typer.Context,
    *,
    which: Annotated[str, typer.Argument(metavar="NAME", help="Or its id.")],
) -> int:
    """Take a token back, at once."""
    call: Call = context.obj
    tokens = _tokens(call)
    found = tokens.revoke(which)
    if found is None:
        known = ", ".join(token.name for token in tokens.every())
        raise complain(f"there is no token `{which}`", "HT108",
                       f"there are {known}" if known else "none was made")  # fmt: skip
    call.screen.say(f"Revoked: {found.name} ({found.id}).")
    return Exit.DONE


def _tokens(call: Call, *, make: bool = False) -> Tokens:
    """Those of the environment, in its ledger; `make` the root where there is none."""
    from reconciler.root import Root
    from reconciler.server.tokens import Tokens

    choices = call.choices
    path = choices.root or repository(choices.directory) / ".gsctl"
    root = Root.open(path) if make else Root.peek(path)
    return Tokens(root.ledger_dir(choices.environment))


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%MZ")
