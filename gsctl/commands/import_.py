"""`gsctl import`: documents of what lives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gsctl.call import Call
from gsctl.exits import complain
from gsctl.names import complete_address
from reconciler.model.key import Key
from reconciler.model.problem import Problem


def import_(  # noqa: PLR0913  the contract's options
    context: typer.Context,
    address: Annotated[str | None, typer.Argument(metavar="ADDR",
        help="One engine or graph that lives.", autocompletion=complete_address)] = None,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR",
        help="Where to write the repository.")],
    all_: Annotated[bool, typer.Option("--all", help="Everything that lives.")] = False,
    source: Annotated[str | None, typer.Option("--from", metavar="PATH|URL",
        help="A folder of databases, one of them, or a server of this machine.")] = None,
    with_data: Annotated[bool, typer.Option("--with-data",
        help="Also write the rows that no load is known for, with a Load of them.")] = False,
) -> int:  # fmt: skip
    """Write documents of what lives, and prove that a plan of them finds nothing to do."""
    from gsctl.importing import export_rows, of_place, of_repository, prove, write

    call: Call = context.obj
    if bool(address) == all_ and not source:
        raise complain("name one thing, or say --all", "CL101", "`gsctl import --all --out DIR`")
    out = out.absolute()
    here = None if source else _key(call, address)
    wanted = of_place(call, out, source) if source else of_repository(call, out, here)
    ended = prove(wanted, write(wanted))
    if with_data:
        export_rows(wanted)
    return ended


def _key(call: Call, address: str | None) -> Key | None:
    from gsctl.addresses import parse
    from gsctl.exits import Stop

    if address and address.startswith(("/", "./", "../", "http:", "https:")):
        raise complain(f"`{address}` is no address", "CL104", f"write `import --from {address}`")
    found = parse(address, call.choices.tenant) if address else None
    if isinstance(found, Problem):
        raise Stop(found)
    return found
