"""Faults as Problems: the first twenty with their lines, then what there is more of, by kind."""

from __future__ import annotations

from reconciler.loads.walk import Faults, excerpt, line_texts
from reconciler.model.problem import Location, Problem

LONGEST_EXCERPT = 200
KINDS = {
    "LD120": "files that are not those planned with",
    "LD201": "values that are not in the form of their type",
    "LD202": "strings that are too long",
    "LD203": "keys that appear again",
    "LD204": "ends of edges that are no vertices",
    "LD205": "rows with too few values",
    "LD206": "rows with too many values",
    "LD207": "empty keys",
    "LD208": "nulls",
    "LD209": "rows with bad quoting",
    "LD210": "rows with bytes that are not UTF-8",
    "LD211": "rows with a NUL character",
    "LD212": "edges beyond the multiplicity",
    "LD213": "strings of nothing but blanks",
    "LD214": "lines that a carriage return alone ends",
    "LD215": "files that cannot be read",
}
HINTS = {
    "LD203": "`onDuplicateKey: first` keeps the first of each",
    "LD204": "`onDanglingEdge: drop` leaves such edges out",
    "LD208": "`onNull: default` stores the type's zero",
    "LD209": 'double a quote inside a quoted value: "a ""b"" c"',
    "LD120": "plan again",
}


def problems(faults: Faults, names: list[str], paths: list[str]) -> tuple[Problem, ...]:
    """In the order of files and lines. Reads the files again, up to the last line shown."""
    shown = faults.first()
    lines: dict[int, set[int]] = {}
    for fault in shown:
        lines.setdefault(fault.file, set()).add(fault.line)
    texts = {file: _texts(paths[file], wanted) for file, wanted in lines.items()}
    placed = [
        Problem(
            "error",
            fault.summary,
            fault.code,
            Location(names[fault.file], fault.line),
            HINTS.get(fault.code, ""),
            excerpt(texts[fault.file].get(fault.line, ""), LONGEST_EXCERPT),
        )
        for fault in shown
    ]
    return (*placed, *_more(faults, [fault.code for fault in shown]))


def _more(faults: Faults, shown: list[str]) -> list[Problem]:
    return [
        Problem("error", f"{count:,} {KINDS[code]} in all", code, hint=HINTS.get(code, ""))
        for code, count in sorted(faults.counts.items())
        if count > shown.count(code)
    ]


def _texts(path: str, wanted: set[int]) -> dict[int, str]:
    try:
        return line_texts(path, wanted)
    except OSError:
        return {}
