"""A page: all of a copy, types, record and rows, in one file that changes whole."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.copies.marks import Unreadable
from reconciler.durable import replace_json
from reconciler.loads.forms import zero
from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.catalog_op import AddProperty, CatalogOp, DropProperty, RenameProperty
from reconciler.model.record import Record
from reconciler.model.types import PropertyType
from reconciler.testing.catalogs import altered

FILE = "graph.json"
LOCK = "graph.lock"
Row = dict[str, str]  # property -> text; an edge's also `:from`, `:to` and `:pair`
SEPARATOR = "\t"


class Held(RuntimeError):
    """Another program has the page open for writing."""


@dataclass(slots=True)
class Page:
    """What a copy holds. `state` counts its changes."""

    catalog: Catalog = field(default_factory=Catalog)
    record: Record | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)
    state: int = 0

    def alter(self, ops: Iterable[CatalogOp], goal: Catalog) -> None:
        """Change the types, and the rows with them. Raises AssertionError for what cannot be."""
        for op in ops:
            counts = {type_: len(rows) for type_, rows in self.rows.items()}
            self.catalog = altered(self.catalog, op, goal, counts)
            self.rows = {type_: self.rows.get(type_, []) for type_ in counts}
            for row in self.rows.get(op.type, ()):
                _alter_row(row, op, goal)


def _alter_row(row: Row, op: CatalogOp, goal: Catalog) -> None:
    match op:
        case AddProperty():
            row[op.name] = zero(PropertyType.parse(goal.properties(op.type)[op.name]))
        case DropProperty():
            row.pop(op.name, None)
        case RenameProperty():
            row[op.new] = row.pop(op.old)


def read(folder: Path) -> Page | None:
    """The page in a folder; None where there is none.

    Raises:
        Unreadable: it is there and cannot be understood.
    """
    path = folder / FILE
    try:
        data = json.loads(path.read_bytes())
        return Page(
            _catalog(data["catalog"]),
            Record.from_plain(data["record"]) if data["record"] else None,
            data["rows"],
            data["state"],
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable(f"{path}: {error}") from error


def write(folder: Path, page: Page) -> None:
    """Replace the page in a folder by one that is a change further."""
    page.state += 1
    record = page.record.plain() if page.record else None
    data = {"catalog": page.catalog.plain(), "record": record, "rows": page.rows,
            "state": page.state}  # fmt: skip
    replace_json(folder / FILE, data)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Have a page to oneself. Raises Held."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Held(f"{folder.name} is held open by another program") from None
    try:
        yield
    finally:
        os.close(lock)


def is_held(folder: Path) -> bool:
    """Whether a program has the page open, found out without taking its lock."""
    try:
        inode = (folder / LOCK).stat().st_ino
    except FileNotFoundError:
        return False
    lines = Path("/proc/locks").read_text().splitlines()
    return any(line.split()[5].endswith(f":{inode}") for line in lines if "->" not in line)


def _catalog(data: dict[str, dict[str, dict[str, object]]]) -> Catalog:
    edges: dict[str, EdgeTable] = {}
    for name, edge in data["edges"].items():
        pairs = tuple((str(p["from"]), str(p["to"])) for p in edge["pairs"])  # type: ignore[attr-defined]  # JSON
        edges[name] = EdgeTable(pairs, _texts(edge["properties"]), str(edge["multiplicity"]))
    vertices = {
        name: VertexTable(str(v["key"]), _texts(v["properties"]))
        for name, v in data["vertices"].items()
    }
    return Catalog(vertices, edges)


def _texts(data: object) -> dict[str, str]:
    assert isinstance(data, dict), "properties are a mapping"
    return {str(name): str(text) for name, text in data.items()}
