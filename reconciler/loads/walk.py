"""The slow, exact way through a file: csv itself reads it, and each sound row is written anew.

What csv makes of a file is the truth; this walk finds what no SQL can see (quoting, ragged rows,
bytes, line ends), and gives every row its first physical line. About 1 s for 1e6 rows.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from reconciler.loads.check import PLACES
from reconciler.model.loading import LoadOptions

MAX_VALUE = 1 << 20  # characters; a quote never closed must not fill the memory
MAX_ROW = 1_900_000  # characters; DuckDB takes lines of 2,000,000 bytes
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault with its place. `file` counts the files of a type, in the order of its sources."""

    file: int
    line: int
    code: str
    summary: str


@dataclass(slots=True)
class Faults:
    """Exact counts by code, and the first places of each."""

    counts: Counter[str] = field(default_factory=Counter)
    places: list[Fault] = field(default_factory=list)

    def add(self, file: int, line: int, code: str, summary: str) -> None:
        """Count one; its place is kept while it is among the first of its kind."""
        self.counts[code] += 1
        if self.counts[code] <= PLACES:
            self.places.append(Fault(file, line, code, summary))

    def extend(self, code: str, count: int, first: list[tuple[int, int, str]]) -> None:
        """Count `count` of one kind, of which the `first` (file, line, summary) are known."""
        self.counts[code] += count
        self.places += [Fault(file, line, code, summary) for file, line, summary in first]

    def first(self) -> list[Fault]:
        """The first of all kinds together, by file and line."""
        return sorted(self.places, key=lambda f: (f.file, f.line, f.code))[:PLACES]


@dataclass(frozen=True, slots=True)
class Shape:
    """How to walk one file. `picks` are columns by index, or a text that stands in all rows."""

    file: int
    source: int
    width: int
    picks: tuple[int | str, ...]
    limit: int | None = None


class _Lines:
    """The physical lines of a text; notices what csv does not complain about."""

    def __init__(self, handle: TextIO) -> None:
        self._handle = handle
        self.not_utf8 = self.nul = self.lone_return = 0  # the last line that had one

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(self._handle, 1):
            if line[-1] == "\r":
                self.lone_return = number
            if "\0" in line:
                self.nul = number
            if not line.isascii() and _NOT_UTF8.search(line):
                self.not_utf8 = number
            yield line


def walk(
    path: str, shape: Shape, options: LoadOptions, faults: Faults, write: Callable[[list[Any]], Any]
) -> None:
    """Call `write([source, file, line, *values])` for each sound row; the others go to `faults`."""
    csv.field_size_limit(MAX_VALUE)
    with Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as handle:
        lines = _Lines(handle)
        reader = csv.reader(
            iter(lines), delimiter=options.delimiter, quotechar=options.quote, strict=True
        )
        if options.header:
            next(reader, None)
        rows = _rows(reader, shape, faults)
        taken = 0
        while shape.limit is None or taken < shape.limit:
            start = reader.line_num + 1
            row = next(rows, None)
            if row is None:
                return
            if row and not _unsound(row, (start, reader.line_num), lines, shape, faults):
                cells = [row[pick] if isinstance(pick, int) else pick for pick in shape.picks]
                write([shape.source, shape.file, start, *cells])
            taken += bool(row)


def _rows(reader: Any, shape: Shape, faults: Faults) -> Iterator[list[str]]:
    """Csv's rows; an empty one stands for a blank line or for a row that csv refuses."""
    while True:
        start = reader.line_num + 1
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            faults.add(shape.file, start, "LD209", _quoting(str(error)))
            if "field limit" in str(error):  # what follows cannot be told apart from it
                return
            yield []


def _quoting(error: str) -> str:
    if "field limit" in error:
        return f"a value of more than {MAX_VALUE} characters: a quote never closed?"
    if "unexpected end" in error:
        return "a quote is never closed"
    return "text follows a closing quote"


def _unsound(
    row: list[str], span: tuple[int, int], lines: _Lines, shape: Shape, faults: Faults
) -> bool:
    """Whether a row is unfit to be looked at further; counts why."""
    start, end = span
    seen = faults.counts.total()
    if len(row) != shape.width:
        code, few = ("LD205", "few") if len(row) < shape.width else ("LD206", "many")
        faults.add(shape.file, start, code,
                   f"too {few} values: {len(row)}, not {shape.width}")  # fmt: skip
    if lines.not_utf8 >= start:
        faults.add(shape.file, start, "LD210", "bytes that are not UTF-8")
    if lines.nul >= start:
        faults.add(shape.file, start, "LD211", "a NUL character")
    if lines.lone_return == end:
        faults.add(shape.file, start, "LD214", "a carriage return alone ends the line")
    if sum(map(len, row)) > MAX_ROW:
        faults.add(shape.file, start, "LD202", f"a row of more than {MAX_ROW} characters")
    return faults.counts.total() > seen


def line_texts(path: str, wanted: set[int]) -> dict[int, str]:
    """The texts of physical lines, as csv counts them. Reads up to the last one wanted."""
    found: dict[int, str] = {}
    last = max(wanted, default=0)
    with Path(path).open(encoding="utf-8-sig", errors="replace", newline="") as handle:
        for number, line in enumerate(handle, 1):
            if number in wanted:
                found[number] = line.rstrip("\r\n")
            if number >= last:
                break
    return found


def excerpt(text: str, longest: int) -> str:
    """`text` made fit for one line of a terminal: control characters escaped, cut at `longest`."""
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text[: longest + 1]
    )
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
