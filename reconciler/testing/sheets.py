"""Rows as people write them, and as they are read back: compared by value, not by spelling."""

from __future__ import annotations

import csv
import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from reconciler.model.catalog import Catalog, Element, Pair
from reconciler.model.loading import Column, DataFile, LoadOptions, TypeSource
from reconciler.model.types import PropertyType

Rows = Mapping[str, list[tuple[Any, ...]]]  # by type, sorted: from, to, then properties by name
_MONTHS = {"year": 12, "month": 1}
_DAYS = {"week": 7, "day": 1}
_MICROS = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000,
           "millisecond": 1_000, "microsecond": 1}  # fmt: skip
_SPAN = re.compile(r"(-?\d+(?:\.\d+)?) (year|month|week|day|hour|minute|(?:milli|micro)?second)s?")
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows for a type as texts. Those of an edge begin with the keys of both ends."""

    type: str
    element: Element
    columns: tuple[str, ...]  # properties
    rows: tuple[tuple[str, ...], ...]
    pair: Pair | None = None

    @property
    def header(self) -> tuple[str, ...]:
        """The names in the first line."""
        return (*(("from", "to") if self.element == "edge" else ()), *self.columns)


def write(
    sheet: Sheet, path: Path, options: LoadOptions | None = None, order: Iterable[int] | None = None
) -> TypeSource:
    """Write a sheet to a CSV file, its columns in `order`; the source that names it."""
    how = options or LoadOptions()
    places = list(order) if order is not None else list(range(len(sheet.header)))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=how.delimiter, quotechar=how.quote, lineterminator="\n")
        if how.header:
            writer.writerow([sheet.header[i] for i in places])
        writer.writerows([row[i] for i in places] for row in sheet.rows)
    return source(sheet, path, places, header=how.header)


def source(sheet: Sheet, path: Path, places: list[int], *, header: bool = True) -> TypeSource:
    """What says how a file that is there feeds its type."""
    index = {sheet.header[place]: i for i, place in enumerate(places)}

    def column(name: str) -> Column:
        return Column(name if header else str(index[name]), index[name])

    ends = (column("from"), column("to")) if sheet.element == "edge" else None
    content = path.read_bytes()
    data = DataFile(f"data/{path.name}", len(content), sha256(content).hexdigest(), str(path))
    return TypeSource((data,), len(places), {n: column(n) for n in sheet.columns}, sheet.pair, ends)


def expected(catalog: Catalog, sheets: Iterable[Sheet]) -> Rows:
    """What a graph must hold after `sheets` were loaded: what they do not feed is zero."""
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name, _ in catalog.types()}
    for sheet in sheets:
        places = {name: i for i, name in enumerate(sheet.header)}
        for row in sheet.rows:
            cells = {name: row[i] for name, i in places.items()}
            found[sheet.type].append(_row(catalog, sheet.type, sheet.pair, cells))
    return {type_: in_order(rows) for type_, rows in found.items()}


def read_rows(folder: Path, catalog: Catalog) -> Rows:
    """The rows of an export: `Type.csv`, or `Type.From.To.csv` where it has several pairs."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for type_, element in catalog.types():
        pairs: tuple[Pair | None, ...] = (None,)
        if element == "edge":
            pairs = catalog.edges[type_].pairs
        for pair in pairs:
            name = f"{type_}.{'.'.join(pair)}" if pair and len(pairs) > 1 else type_
            path = folder / f"{name}.csv"
            assert path.exists(), f"the export has no {path.name}"
            with path.open(newline="", encoding="utf-8") as file:
                rows = [_row(catalog, type_, pair, cells) for cells in csv.DictReader(file)]
            found.setdefault(type_, []).extend(rows)
    return {type_: in_order(rows) for type_, rows in found.items()}


def in_order(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows in an order that their values alone decide."""
    return sorted(rows, key=repr)


def same(found: Rows, wanted: Rows, what: str = "") -> None:
    """Fail with the first difference of two sets of rows."""
    for type_ in sorted(found.keys() | wanted.keys()):
        have, want = found.get(type_, []), wanted.get(type_, [])
        lost = [row for row in want if row not in have]
        new = [row for row in have if row not in want]
        told = f"{what}{type_}: {len(have)} rows are there, {len(want)} were expected"
        assert not lost, f"{told}; not there: {lost[0]}; instead: {new[:1]}"
        assert not new, f"{told}; nobody loaded: {new[0]}"
        assert len(have) == len(want), f"{told}; some stand there twice"


def _row(
    catalog: Catalog, type_: str, pair: Pair | None, cells: Mapping[str, str]
) -> tuple[Any, ...]:
    properties = catalog.properties(type_)
    values = [value(text, cells.get(name, "")) for name, text in sorted(properties.items())]
    if type_ in catalog.vertices:
        return tuple(values)
    ends = pair or catalog.edges[type_].pairs[0]
    keys = (catalog.vertices[v].properties[catalog.vertices[v].key] for v in ends)
    both = [value(text, cells[name]) for text, name in zip(keys, ("from", "to"), strict=True)]
    return (*ends, *both, *values)


def value(type_: str, text: str) -> Any:
    """A value by its text, whichever spelling of it an engine has. Nothing is the type's zero.

    Raises ValueError for what is no such value.
    """
    kind = PropertyType.parse(type_)
    if kind.many:
        return _items(kind.name, text)
    match kind.name:
        case "string":
            found: Any = text
        case "bool":
            found = {"true": True, "false": False, "": False}[text.lower()]
        case "float":
            found = struct.unpack("f", struct.pack("f", float(text or 0)))[0]
        case "double":
            found = float(text or 0)
        case "date":
            found = date.fromisoformat(text or "1970-01-01")
        case "timestamp":
            found = _moment(text or "1970-01-01")
        case "interval":
            found = _span(text)
        case _:
            found = int(text or 0)
    return found


def _items(kind: str, text: str) -> tuple[Any, ...]:
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    return tuple(value(kind, item.strip()) for item in inner.split(",")) if inner else ()


def _moment(text: str) -> datetime:
    whole, dot, fraction = text.removesuffix("Z").replace("T", " ").partition(".")
    digits = fraction[:6].ljust(6, "0") if dot else "0"
    return datetime.fromisoformat(whole).replace(microsecond=int(digits))


def _span(text: str) -> tuple[int, int, int]:
    """Months, days and microseconds."""
    months = days = micros = 0
    for number, unit in _SPAN.findall(text):
        amount = float(number)
        months += int(amount * _MONTHS.get(unit, 0))
        days += int(amount * _DAYS.get(unit, 0))
        micros += round(amount * _MICROS.get(unit, 0))
    for hours, minutes, seconds in _CLOCK.findall(text):
        micros += (int(hours) * 60 + int(minutes)) * _MICROS["minute"]
        micros += round(float(seconds) * _MICROS["second"])
    return months, days, micros


@dataclass(frozen=True, slots=True)
class Town:
    """A small graph's types with their rows: what most laws are tried on."""

    catalog: Catalog
    sheets: tuple[Sheet, ...] = field(default_factory=tuple)

    @property
    def rows(self) -> Rows:
        """What it holds once it is loaded."""
        return expected(self.catalog, self.sheets)
