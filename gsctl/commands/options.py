"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated

import typer

from gsctl.names import complete_address, complete_graph, complete_load

Target = Annotated[list[str] | None, typer.Option("--target", metavar="ADDR",
    help="Only this, with what it needs; may be repeated.",
    autocompletion=complete_address)]  # fmt: skip
Exclude = Annotated[list[str] | None, typer.Option("--exclude", metavar="ADDR",
    help="Not this, nor what needs it; may be repeated.",
    autocompletion=complete_address)]  # fmt: skip
AllowDeletes = Annotated[bool, typer.Option("--allow-deletes",
    help="Lift the guard's numbers, and allow data to go. Never lifts `protect`.")]  # fmt: skip
Reload = Annotated[list[str] | None, typer.Option("--reload", metavar="Load/NAME",
    help="Load again, though nothing changed; may be repeated.",
    autocompletion=complete_load)]  # fmt: skip
Rebuild = Annotated[list[str] | None, typer.Option("--rebuild", metavar="Graph/NAME",
    help="Build a fresh copy, though nothing changed; may be repeated.",
    autocompletion=complete_graph)]  # fmt: skip
Yes = Annotated[bool, typer.Option("-y", "--auto-approve", help="Do not ask.")]
Wait = Annotated[float, typer.Option("--wait", metavar="SECONDS", min=0.0,
    help="How long to wait while somebody else writes.")]  # fmt: skip
Parallelism = Annotated[int, typer.Option("--parallelism", metavar="N", min=1, max=64,
    help="How many steps at once.")]  # fmt: skip
