"""Rows for people and for programs: aligned, CSV, JSON, YAML or Markdown, from the same data."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gsctl.views.text import Paint, cells, cut, pad, safe

FORMATS = ("table", "json", "yaml", "csv", "markdown")
_GAP = "  "
_LEAST = 8  # columns that a shortened cell keeps


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows in their columns; `plain` is what JSON and YAML show of them."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    plain: Any


def render(listing: Listing, form: str, paint: Paint, width: int | None = None) -> str:
    """A listing in a format. `width` None: nothing is cut."""
    columns, rows, plain = listing.columns, listing.rows, listing.plain
    match form:
        case "json":
            return json_text(plain)
        case "yaml":
            return yaml_text(plain)
        case "csv":
            return csv_text(columns, rows)
        case "markdown":
            return markdown(columns, rows)
        case _:
            return aligned(columns, rows, paint, width)


def json_text(plain: Any) -> str:
    """Indented, with the letters of every language as they are."""
    return json.dumps(plain, indent=2, ensure_ascii=False, default=str) + "\n"


def yaml_text(plain: Any) -> str:
    """The same as YAML, in the same order."""
    import yaml

    whole = json.loads(json.dumps(plain, default=str))  # no tags: JSON's own types only
    return str(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """With a header; nothing is cut, and None is empty."""
    if not columns:
        return ""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_plain(value) for value in row] for row in rows)
    return out.getvalue()


def markdown(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as GitHub shows it."""
    lines = [list(columns), ["---"] * len(columns), *([_cell(v) for v in row] for row in rows)]
    return "".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines
    )


def aligned(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], paint: Paint, width: int | None
) -> str:
    """Columns side by side, numbers to the right; cut to `width`, the widest column first."""
    if not columns:
        return ""
    texts = [[_cell(value) for value in row] for row in rows]
    widths = [max([cells(name), *(cells(row[i]) for row in texts)])
              for i, name in enumerate(columns)]  # fmt: skip
    if width is not None:
        _narrow(widths, width)
    right = [bool(rows) and all(_is_number(row[i]) for row in rows) for i in range(len(columns))]
    head = _line([safe(name) for name in columns], widths, right)
    lines = [paint(head, "bold"), *(_line(row, widths, right) for row in texts)]
    return "".join(f"{line}\n" for line in lines)


def _narrow(widths: list[int], width: int) -> None:
    while sum(widths) + len(_GAP) * (len(widths) - 1) > width:
        widest = max(range(len(widths)), key=lambda i: widths[i])
        if widths[widest] <= _LEAST:
            return
        widths[widest] -= 1


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    shown = []
    for text, width, to_right in zip(row, widths, right, strict=True):
        short = cut(text, width)
        shown.append(" " * (width - cells(short)) + short if to_right else pad(short, width))
    return _GAP.join(shown).rstrip()


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: Any) -> str:
    return safe(_plain(value)) if value is not None else ""


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
