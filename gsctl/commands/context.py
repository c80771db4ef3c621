"""`gsctl context list|use|add|remove`: coordinators by name."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gsctl.call import Call
from gsctl.exits import Exit, complain

_Name = Annotated[str, typer.Argument(metavar="NAME")]


def list_(context: typer.Context) -> int:
    """The coordinators that have names; `*` marks the one that is asked when nothing is said."""
    from gsctl.doors.contexts import read
    from gsctl.views.tables import FORMATS, Listing, render

    call: Call = context.obj
    form = call.format(*FORMATS)
    found = read()
    columns = ("active", "name", "url", "environment", "tenant", "token")
    rows = [
        ("*" if one.name == found.active else "", one.name, one.url, one.environment or "default",
         one.tenant or "all", one.token_file or f"${one.token_variable or 'GSCTL_TOKEN'}")
        for one in sorted(found.known.values(), key=lambda one: one.name)
    ]  # fmt: skip
    plain = [{**dict(zip(columns, row, strict=True)), "active": row[0] == "*"} for row in rows]
    call.screen.data(render(Listing(columns, rows, plain), form, call.screen.paint))
    return Exit.DONE


def use(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME",
        help="Whom to ask from now on; `none` asks what lives on this machine.")],
) -> int:  # fmt: skip
    """Ask this coordinator whenever nothing else is said. Each command that does says so."""
    from dataclasses import replace

    from gsctl.doors.contexts import find, read, write
    from gsctl.doors.target import NOBODY

    call: Call = context.obj
    if name != NOBODY:
        find(name)
    write(replace(read(), active="" if name == NOBODY else name))
    call.screen.say("Commands ask this machine." if name == NOBODY else f"Commands ask {name}.")
    return Exit.DONE


def add(
    context: typer.Context,
    name: _Name,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where it answers.")],
    *,
    token_file: Annotated[str, typer.Option("--token-file", metavar="FILE",
        help="Where the token is; only you may read it.")] = "",
    token_variable: Annotated[str, typer.Option("--token-variable", metavar="NAME",
        help="The variable that holds the token; unset: GSCTL_TOKEN.")] = "",
) -> int:  # fmt: skip
    """Give a coordinator a name, with -e and --tenant as they are given. It is not asked yet."""
    from dataclasses import replace

    from gsctl.doors.contexts import Context, read, write
    from gsctl.doors.target import NOBODY, checked, read_token
    from reconciler.model.key import is_name

    call: Call = context.obj
    if not is_name(name) or name == NOBODY:
        raise complain(f"`{name}` is no name of a context", "CL104",
                       "letters, digits, `_`, `.` and `-`")  # fmt: skip
    if token_file and token_variable:
        raise complain("a token is in one place", "CL113", "leave one of the two out")
    if token_file:
        read_token(token_file)
        token_file = os.path.abspath(os.path.expanduser(token_file))  # noqa: PTH100, PTH111  a link stays one
    environment = call.choices.environment if call.choices.environment_named else ""
    tenant = call.choices.tenant or ""
    made = Context(name, checked(url), token_file, token_variable, environment, tenant)
    known = read()
    write(replace(known, known={**known.known, name: made}))
    call.screen.hint(f"`{call.repeat(f'context use {name}')}` asks it from now on")
    return Exit.DONE


def remove(context: typer.Context, name: _Name) -> int:
    """Forget a name. The file or variable of its token stays."""
    from gsctl.doors.contexts import Contexts, find, read, write

    find(name)
    found = read()
    known = {other: one for other, one in found.known.items() if other != name}
    write(Contexts(known, "" if found.active == name else found.active))
    call: Call = context.obj
    call.screen.say(f"Forgotten: {name}.")
    return Exit.DONE
