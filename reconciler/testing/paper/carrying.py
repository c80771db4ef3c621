"""Rows of Paper that come along from one copy into another, by way of a file."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.contracts import Floor
from reconciler.copies.layout import GraphFolder
from reconciler.loads.forms import zero
from reconciler.model.step import Carry, CarryType, ExportType
from reconciler.model.types import PropertyType
from reconciler.testing.paper import page as pages
from reconciler.testing.paper.making import Making, failed
from reconciler.testing.paper.page import Page, Row


def export(floor: Floor, folder: GraphFolder, act: ExportType) -> None:
    """Write the rows of a type of the copy that answers. Raises StepFailed."""
    page = pages.read(folder.sealed(act.copy))
    if page is None:
        raise failed(act.graph, "ST103", f"its copy {act.copy} is gone")
    path = _file(floor, act.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([_whole(page, act.carry, row) for row in page.rows[act.carry.old]]))


def carry(making: Making, act: CarryType) -> None:
    """Bring what was written into an unpublished copy. Raises StepFailed."""
    path, type_ = making.folder.building(act.copy), act.carry.type
    page, file = making.open(path), _file(making.floor, act.file)
    assert page.record, "a copy of ours has a record"
    if page.record.carried.get(type_):
        return
    try:
        rows = json.loads(file.read_text())
    except FileNotFoundError as error:
        says = f"{type_}: the rows to carry over are gone"
        raise failed(act.graph, "CA101", says) from error
    page.rows[type_] = [*page.rows.get(type_, ()), *(_told(act, row) for row in rows)]
    page.record = page.record.with_carried(type_, act.carry.fills)
    making.floor.epoch()
    pages.write(path, page)
    file.unlink()


def _whole(page: Page, carry: Carry, row: Row) -> Row:
    """A row with its ends by the properties that are the keys after."""
    ends = next((e for e in carry.ends if pages.SEPARATOR.join(e.old) == row.get(":pair")), None)
    if ends is None:
        return row
    found = dict(row)
    for end, vertex, key in zip((":from", ":to"), ends.old, ends.keys, strict=True):
        name = page.catalog.vertices[vertex].key
        found[end] = next(r[key] for r in page.rows[vertex] if r[name] == row[end])
    return {**found, ":pair": pages.SEPARATOR.join(ends.pair)}


def _told(act: CarryType, row: Row) -> Row:
    """A row in the terms of the type that it comes into."""
    told = {name: text for name, text in row.items() if name.startswith(":")}
    for name, text in act.catalog.properties(act.carry.type).items():
        nothing = zero(PropertyType.parse(text))
        told[name] = row.get(act.carry.columns.get(name, ""), "") or nothing
    return told


def _file(floor: Floor, name: str) -> Path:
    assert floor.scratch, "whoever writes has a root, and scratch below it"
    return floor.scratch / name
