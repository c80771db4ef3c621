"""Complaints as values: collected, sorted, shown all at once; never raised at a user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a text file. Line and column count from 1; column 0 stands for the whole line."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")


@dataclass(frozen=True, slots=True)
class Problem:
    """A complaint that a person can act on.

    `code` is stable and documented (docs/errors.md). `excerpt` is the text of the line at `at`, so
    that a view can draw a caret without reading the file again. `address` names the thing.
    """

    severity: Severity
    summary: str
    code: str = ""
    at: Location | None = None
    hint: str = ""
    excerpt: str = ""
    address: str = ""


def errors(problems: Iterable[Problem]) -> list[Problem]:
    """Those of `problems` that forbid going on."""
    return [problem for problem in problems if problem.severity == "error"]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """`problems` without repetitions, by place, then text: the order in which they are shown."""
    nowhere = Location("", 0)
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda p: (p.at or nowhere, p.severity, p.code, p.summary))
