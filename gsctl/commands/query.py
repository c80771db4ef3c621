"""`gsctl query`, `call`, `test`: rows out of what lives."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit
from gsctl.names import complete_graph, complete_procedure

if TYPE_CHECKING:
    from reconciler.contracts import Table

_Parameters = Annotated[list[str] | None, typer.Option("-p", metavar="NAME=VALUE",
    help="A parameter; may be repeated.")]  # fmt: skip
_Limit = Annotated[int, typer.Option("--limit", metavar="N", min=1, help="The most rows shown.")]
_DEFAULT_LIMIT = 1000


def query(  # noqa: PLR0913  the contract's options
    context: typer.Context,
    *,
    graph: Annotated[str, typer.Argument(metavar="GRAPH", autocompletion=complete_graph)],
    cypher: Annotated[str, typer.Argument(metavar="CYPHER")],
    parameter: _Parameters = None,
    write: Annotated[bool, typer.Option("--write", help="Allow it to change rows.")] = False,
    limit: _Limit = _DEFAULT_LIMIT,
) -> int:
    """Ask a graph. Reads only, unless --write."""
    from gsctl.doors.door import Question
    from gsctl.values import guessed, pairs

    call: Call = aimed(context.obj)
    given = guessed(pairs(parameter or ()))
    with closing(open_door(call)) as door:
        table = door.query(Question(graph, cypher, given, write, limit))
    return _show(call, table, limit)


def call(
    context: typer.Context,
    *,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE",
        autocompletion=complete_procedure)],
    arguments: Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...")] = None,
    parameter: _Parameters = None,
    limit: _Limit = _DEFAULT_LIMIT,
) -> int:  # fmt: skip
    """Run a procedure as it was applied, never as the working tree has it."""
    from gsctl.values import pairs

    one: Call = aimed(context.obj)
    texts = pairs([*(arguments or ()), *(parameter or ())])
    with closing(open_door(one)) as door:
        table = door.call(procedure, texts, limit)
    return _show(one, table, limit)


def _show(call: Call, table: Table, limit: int) -> int:
    from gsctl.views.tables import FORMATS, Listing, render

    plain = {"columns": list(table.columns), "rows": [list(row) for row in table.rows]}
    screen = call.screen
    width = screen.data_width
    form = call.format(*FORMATS)
    screen.data(render(Listing(table.columns, table.rows, plain), form, screen.paint, width))
    if not table.columns:
        screen.say("Done.")
    if table.more:
        screen.hint(f"only the first {limit:,} rows are shown; `--limit` sets how many")
    return Exit.DONE


def run_tests(
    context: typer.Context,
    *,
    procedure: Annotated[str | None, typer.Argument(metavar="[PROCEDURE]",
        autocompletion=complete_procedure)] = None,
) -> int:  # fmt: skip
    """Run the tests of applied procedures against what lives."""
    from gsctl.views.tables import FORMATS, render
    from gsctl.views.trials import listing
    from reconciler.model.units import show_count

    one: Call = aimed(context.obj)
    form = one.format(*FORMATS)
    with closing(open_door(one)) as door:
        trials = door.tests(procedure)
    one.screen.data(render(listing(trials), form, one.screen.paint))
    failed = sum(not trial.passed for trial in trials)
    one.screen.say(f"{show_count(len(trials), 'test')}, {failed} failed.")
    return Exit.FAILED if failed else Exit.DONE
