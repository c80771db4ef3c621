"""IG: `# gsctl:ignore CODE reason [until DATE]`, and what is wrong with such comments.

Behind something it speaks of that line, and of the text that begins there; on a line of its own of
the next line; before a document of all of it. Several codes are joined by commas. Errors of
documents cannot be ignored: only what rules find.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from reconciler.lint.rule import Rule
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Location, Problem
from reconciler.model.resource import Desired, Positions
from reconciler.source.comments import Comment, comments

_MARK = "gsctl:ignore"
_UNTIL = re.compile(r"\s*\buntil\s+(\S+)\s*$")
_HOW = "write `# gsctl:ignore CODE reason`, or `… until 2030-01-31`"


@dataclass(slots=True)
class Ignore:
    """An ignore that is in force; `used` are those of its codes that met a finding."""

    codes: tuple[str, ...]
    lines: tuple[int, int]
    at: Location
    excerpt: str
    used: set[str] = field(default_factory=set)


class Ignores:
    """All ignores of a repository."""

    def __init__(self, desired: Desired, known: Mapping[str, Rule], today: date) -> None:
        """Look through the text of the documents; `known` are the codes that may be ignored."""
        self.problems: list[Problem] = []
        self._known = known
        self._by_file: dict[str, list[Ignore]] = defaultdict(list)
        for file, lines in sorted(_texts(desired).items()):
            if any(_MARK in line for line in lines):
                for comment in comments(lines):
                    self._take(file, comment, lines[comment.line - 1], today)

    def left(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Those of `problems` that nobody ignores. Errors of documents always stay."""
        for problem in problems:
            rule = self._known.get(problem.code)
            fault = problem.severity == "error" and rule and rule.severity != "error"
            if rule is None or fault or not self._ignored(problem):
                yield problem

    def unused(self, judged: Iterable[str]) -> Iterator[Problem]:
        """IG104 for each code of an ignore that met nothing though its rule was asked."""
        asked = frozenset(judged)
        for ignores in self._by_file.values():
            for ignore in ignores:
                for code in ignore.codes:
                    if code in asked and code not in ignore.used:
                        says = f"there is no {code} here to ignore"
                        yield Problem("note", says, "IG104", ignore.at, "remove it", ignore.excerpt)

    def _ignored(self, problem: Problem) -> bool:
        at, found = problem.at, False
        if at is None:
            return False
        for ignore in self._by_file.get(at.file, ()):
            if problem.code in ignore.codes and ignore.lines[0] <= at.line <= ignore.lines[1]:
                ignore.used.add(problem.code)
                found = True
        return found

    def _take(self, file: str, comment: Comment, line: str, today: date) -> None:
        mark, _, rest = comment.text.partition(" ")
        if mark.rstrip(":") != _MARK:
            return
        at = Location(file, comment.line, comment.column)
        told = _UNTIL.search(rest)
        text = rest[: told.start()] if told else rest
        listed, _, reason = text.strip().partition(" ")
        codes = tuple(code for code in listed.split(",") if code)
        problem = self._wrong(codes, reason, told[1] if told else "", today)
        if problem:
            code, says, hint = problem
            self.problems.append(Problem("warning", says, code, at, hint, line))
        else:
            self._by_file[file].append(Ignore(codes, comment.lines, at, line))

    def _wrong(
        self, codes: tuple[str, ...], reason: str, until: str, today: date
    ) -> tuple[str, str, str] | None:
        """Code, text and hint of what keeps an ignore from being in force."""
        if not codes or not reason.strip():
            return "IG101", "an ignore needs a code and a reason", _HOW
        for code in codes:
            if code not in self._known:
                hint = did_you_mean(code, self._known) or "`gsctl lint --list` lists the rules"
                return "IG102", f"`{code}` is not the code of a rule", hint
        try:
            last = date.fromisoformat(until) if until else today
        except ValueError:
            return "IG101", f"`{until}` is not a date", _HOW
        if last < today:
            return (
                "IG103",
                f"ignored until {until}, which has passed",
                "correct it, or renew the date",
            )
        return None


def _texts(desired: Desired) -> Mapping[str, tuple[str, ...]]:
    """The lines of every file that a document, or a patch of one, stands in."""
    found: dict[str, tuple[str, ...]] = {}
    tops = [resource.positions for resource in desired.resources.values()]
    if desired.project:
        tops.append(desired.project.positions)
    for top in tops:
        positions: Positions | None = top
        while positions:
            found[positions.file] = positions.lines
            positions = positions.over
    return found
