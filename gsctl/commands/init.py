"""`gsctl init`: a starter repository that applies as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gsctl.call import Call
from gsctl.exits import Exit, complain


def init(
    context: typer.Context,
    *,
    directory: Annotated[Path | None, typer.Argument(metavar="[DIR]")] = None,
) -> int:
    """Write a small repository: an engine, a served graph, its load, a procedure."""
    from gsctl.starter import starter

    call: Call = context.obj
    base = call.choices.directory or Path()
    target = base / directory if directory else base
    files = starter(target.absolute().name)
    there = [name for name in files if (target / name).exists()]
    if there:
        says = f"{target / there[0]} is there already, and nothing was written"
        raise complain(says, "OS101", "`gsctl init DIR` writes into another folder")
    for name, text in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # never over another's
            file.write(text)
        call.screen.data(str(path))
    into = "gsctl" if target.absolute() == Path.cwd() else f"gsctl -C {target}"
    call.screen.hint(f"`{into} plan` shows what it would make, `{into} apply` makes it")
    return Exit.DONE
