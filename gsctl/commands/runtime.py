"""`gsctl runtime list | install | remove`: engines' own environments on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from gsctl.call import Call
from gsctl.exits import Exit, complain

COLUMNS = ("TYPE", "VERSION", "SIZE", "PATH")
_Type = Annotated[str, typer.Argument(metavar="TYPE")]


def list_(context: typer.Context) -> int:
    """List the runtimes that are installed."""
    from gsctl.views.tables import FORMATS, Listing, render
    from reconciler import runtimes
    from reconciler.model.units import show_bytes

    call: Call = context.obj
    form = call.format(*FORMATS)
    found = [(r.type, r.version, r.size_bytes(), r.path) for r in runtimes.installed()]
    rows = [(type_, version, show_bytes(size), str(path)) for type_, version, size, path in found]
    plain = [{"type": type_, "version": version, "sizeBytes": size, "path": str(path)}
             for type_, version, size, path in found]  # fmt: skip
    call.screen.data(render(Listing(COLUMNS, rows, plain), form, call.screen.paint))
    return Exit.DONE


def install(
    context: typer.Context,
    *,
    type_: _Type,
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]")] = None,
) -> int:
    """Install a runtime; without a version the newest that was tested."""
    from reconciler import runtimes
    from reconciler.plugins import engines

    call: Call = context.obj
    traits = engines().traits
    if type_ not in traits:
        raise complain(f"no driver of `{type_}` is installed", "PL102",
                       f"known are {', '.join(sorted(traits)) or 'none'}")  # fmt: skip
    chosen = version or traits[type_].versions[0]
    try:
        runtime = runtimes.ensure(type_, chosen, f"{type_}=={chosen}", call.screen.say)
    except runtimes.RuntimeUnavailable as error:
        raise complain(str(error), "RU101", error.hint) from error
    call.screen.data(str(runtime.path))
    return Exit.DONE


def remove(
    context: typer.Context,
    *,
    type_: _Type,
    version: Annotated[str, typer.Argument(metavar="VERSION")],
) -> int:
    """Remove a runtime. Servers that run from it go on until they are stopped."""
    from reconciler import runtimes

    call: Call = context.obj
    try:
        there = runtimes.remove(type_, version)
    except runtimes.RuntimeUnavailable as error:
        raise complain(str(error), "RU101", error.hint) from error
    call.screen.say("Removed." if there else f"{type_} {version} is not installed.")
    return Exit.DONE
