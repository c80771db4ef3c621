"""Where in a file a character of a query stands."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.problem import Location, Problem
from reconciler.model.resource import Path, Positions

QUERY: Path = ("spec", "query")
_SPACE = " \t"


def placed(problem: Problem, positions: Positions | None, query: str, start: int | None) -> Problem:
    """`problem` at the character `start` of `query`, or at its scalar where that is all we know.

    Exact for block scalars and for scalars on one line without escapes. A line into which a
    variable was put is not the file's own any more: then the line is right, and no column.
    """
    if positions is None:
        return problem
    while positions.over and QUERY in positions.over.places:
        positions = positions.over  # the overlay's own text
    scalar = positions.at(QUERY)
    at = scalar if start is None else _find(positions.lines, scalar, query, start)
    excerpt = positions.lines[at.line - 1] if at.line <= len(positions.lines) else ""
    return replace(problem, at=at, excerpt=excerpt)


def _find(lines: tuple[str, ...], scalar: Location, query: str, start: int) -> Location:
    written = lines[scalar.line - 1][scalar.column - 1 :] if scalar.line <= len(lines) else ""
    if written.startswith("|"):
        return _in_block(lines, scalar, query, start)
    quote = 1 if written[:1] in {"'", '"'} else 0
    if written[quote:].startswith(query.rstrip("\n")) and "\n" not in query:
        return replace(scalar, column=scalar.column + quote + start)
    return scalar


def _in_block(lines: tuple[str, ...], scalar: Location, query: str, start: int) -> Location:
    """The block's text begins on the next line, less the indentation of its lines."""
    before = query[:start]
    row = before.count("\n")
    number = scalar.line + 1 + row
    text, column = query.split("\n")[row], start - (before.rfind("\n") + 1)
    if number > len(lines):
        return scalar
    written = lines[number - 1].rstrip("\r\n")
    if written.endswith(text) and not written[: len(written) - len(text)].strip(_SPACE):
        return Location(scalar.file, number, len(written) - len(text) + column + 1)
    return Location(scalar.file, number)
