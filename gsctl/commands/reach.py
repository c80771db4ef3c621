"""`gsctl connect`, `export`, `logs`: how to reach a graph, its data, what its server said."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from gsctl.call import PROJECT_FILE, Call
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit, complain
from gsctl.names import complete_graph

_Graph = Annotated[str, typer.Argument(metavar="Graph/NAME", autocompletion=complete_graph)]


def connect(context: typer.Context, graph: _Graph) -> int:
    """Tell a graph's address, with a snippet that asks it something."""
    from gsctl.views.tables import json_text

    call: Call = aimed(context.obj)
    form = call.format("table", "json")
    with closing(open_door(call)) as door:
        endpoint = door.endpoint(graph)
    if form == "json":
        call.screen.data(json_text({"address": endpoint.address, "snippet": endpoint.snippet}))
    else:
        call.screen.data(f"{endpoint.address}\n\n{endpoint.snippet}")
    return Exit.DONE


def export(
    context: typer.Context,
    *,
    graph: _Graph,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new or empty folder.")],
) -> int:
    """Write a graph's rows as CSV files, with a Load document that reads them back."""
    from reconciler.model.units import show_count

    call: Call = aimed(context.obj)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise complain(f"{out} is there already, and not empty", "OS101", "name a new folder")
    with closing(open_door(call)) as door:
        written: list[Path] = []
        for path in door.export(graph, out):
            written.append(path)
            if path.suffix == ".csv":
                call.screen.say(f"[{len(written)}] {path.name}")
    *tables, document = written
    call.screen.data(str(document))
    call.screen.say(f"{show_count(len(tables), 'file')} in {out}.")
    if _is_of_a_repository(out):
        call.screen.hint(f"{document} is a document of this repository now: move the folder out "
                         "unless that is meant")  # fmt: skip
    return Exit.DONE


def _is_of_a_repository(folder: Path) -> bool:
    return any((above / PROJECT_FILE).is_file() for above in folder.absolute().parents)


def logs(
    context: typer.Context,
    *,
    address: _Graph,
    follow: Annotated[bool, typer.Option("-f", help="Go on as lines are written.")] = False,
    tail: Annotated[int, typer.Option("--tail", metavar="N", min=0, help="How many lines.")] = 100,
    relay: Annotated[bool, typer.Option("--relay", help="Its relay's instead.")] = False,
) -> int:
    """Show what a graph's server wrote."""
    from gsctl.doors.door import Lines
    from gsctl.views.text import safe

    call: Call = aimed(context.obj)
    with closing(open_door(call)) as door:
        try:
            for line in door.log(address, Lines(tail, relay, follow)):
                call.screen.data(safe(line, keep="\t") + "\n")
        except KeyboardInterrupt:
            return Exit.DONE  # that is how one leaves
    return Exit.DONE
