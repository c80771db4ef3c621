"""Complaints, with the line and a caret under what is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import zip_longest
from typing import Any

from gsctl.views.text import Paint, cells, safe
from reconciler.model.problem import Problem
from reconciler.model.units import show_count

_STYLE = {"error": "red", "warning": "yellow", "note": "blue"}
_WORD = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,:;()\[\]{}#]+""")
_LONGEST = 400  # characters of a line that are shown


def problem_text(problem: Problem, paint: Paint) -> str:
    """A complaint for people, on one or several lines, without a newline at its end."""
    return "\n".join(_lines(problem, paint))


def problem_texts(problems: Iterable[Problem], paint: Paint) -> Iterator[str]:
    """Complaints for people, in the order given; a hint that is that of the next is said there."""
    found = list(problems)
    for problem, following in zip_longest(found, found[1:]):
        said = following and (problem.code, problem.hint) == (following.code, following.hint)
        yield problem_text(replace(problem, hint="") if said else problem, paint)


def _lines(problem: Problem, paint: Paint) -> Iterable[str]:
    code = f" [{problem.code}]" if problem.code else ""
    head = paint(f"{problem.severity}:", "bold", _STYLE[problem.severity])
    yield f"{head} {safe(problem.summary)}{paint(code, 'dim')}"
    if problem.at:
        yield f"  {paint('-->', 'blue')} {safe(str(problem.at))}"
        if problem.excerpt.strip():
            yield from _excerpt(problem.at.line, problem.at.column, problem.excerpt, paint)
    if problem.hint:
        yield f"{paint('hint:', 'bold', 'cyan')} {safe(problem.hint)}"


def _excerpt(line: int, column: int, text: str, paint: Paint) -> Iterable[str]:
    # Only what a person must see: a line may be a megabyte of JSON.
    start = max(0, column - 1 - _LONGEST // 2) if len(text) > _LONGEST else 0
    text, column = text[start : start + _LONGEST].rstrip("\r\n"), column - start
    gutter = f" {line} "
    bar = paint("|", "blue")
    yield f"{paint(gutter, 'blue')}{bar} {safe(text.replace(chr(9), ' '))}"
    if column > 0:
        before = safe(text[: column - 1].replace("\t", " "))
        word = _WORD.match(text, min(column - 1, len(text)))
        long = cells(safe(word[0])) if word else 1
        carets = paint("^" * max(1, long), "bold", "red")
        yield f"{' ' * len(gutter)}{bar} {' ' * cells(before)}{carets}"


def tally(problems: Iterable[Problem]) -> str:
    """`2 errors, 1 warning`; empty where there is nothing."""
    found = list(problems)
    numbers = {s: sum(p.severity == s for p in found) for s in ("error", "warning", "note")}
    return ", ".join(show_count(number, what) for what, number in numbers.items() if number)


def problem_plain(problem: Problem) -> dict[str, Any]:
    """A complaint for programs: file, line and column apart."""
    plain = asdict(problem)
    at = plain.pop("at") or {"file": None, "line": None, "column": None}
    return {**plain, **at}
