"""Rows that come along from one copy into another, by way of files: written, checked, brought in.

The copy that answers is never read while a server of ours writes to it: a clone of it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler.contracts import Floor, Progress
from reconciler.copies import folders
from reconciler.copies.layout import EngineFolder
from reconciler.embedded.dialect import Questions
from reconciler.embedded.failures import failed
from reconciler.embedded.fill import bring
from reconciler.embedded.lookup import Lookup
from reconciler.embedded.session import Session
from reconciler.loads.scan import sha256
from reconciler.model.catalog import Catalog
from reconciler.model.loading import Column, DataFile, LoadOptions, TypeLoad, TypeSource
from reconciler.model.record import FillRecord
from reconciler.model.step import CarriedEnds, Carry, CarryType, ExportType, FillType
from reconciler.model.unit import Unit


def export(lookup: Lookup, floor: Floor, act: ExportType, unit: Unit | None) -> Iterator[Progress]:
    """Write the rows of a type of the copy that answers, in the order of their keys."""
    folder = EngineFolder(Path(act.graph.engine.place.location)).graph(act.graph.uid)
    path = lookup.find(folder, act.copy)
    reading = lookup.reading(path) if path else None
    if path is None or reading is None or reading.record is None:
        raise failed(act.graph, "ST103", f"its copy {act.copy} is gone")
    files, version = lookup.dialect.files, reading.record.version
    clone = folder.path / "exporting"
    beside = unit is not None and unit.copy == act.copy and not files.SHARED
    folders.remove(clone)
    host = lookup.pool.host(version)
    try:
        if beside:
            files.clone(path, clone)
        host.ask("open", path=str(clone if beside else path), mode="r", within_s=120)
        rows = 0
        for number, query, columns in _queries(host.questions, act.carry, reading.catalog):
            file = _file(floor, act.file, number)
            file.parent.mkdir(parents=True, exist_ok=True)
            yield Progress(f"reading {act.carry.old}")
            rows += host.ask("export", query=query, columns=columns, path=str(file))
        yield Progress(f"{act.carry.old} read", rows, rows)
    finally:
        lookup.pool.give_back(version, host)
        folders.remove(clone)


def carry(session: Session, act: CarryType) -> Iterator[Progress]:
    """Bring what was written into an unpublished copy. Raises StepFailed with every fault found."""
    type_ = act.carry.type
    session.open(session.folder.building(act.copy))
    record = session.reading().record
    assert record, "a copy of ours has a record"
    if record.carried.get(type_):
        return
    sources = tuple(_sources(session.floor, act))
    if missing := [s for s in sources if not s.files[0].sha256]:
        says = f"{type_}: the rows to carry over were in {missing[0].files[0].path}, which is gone"
        raise failed(act.graph, "CA101", says, "apply again: they are read once more")
    # An empty string is what a property without a value holds: under another type, that one's zero.
    options = LoadOptions(on_dangling_edge="drop" if act.drop_dangling else "error",
                          on_null="default")  # fmt: skip
    load = TypeLoad(type_, act.carry.element, sources)
    fill = FillType(
        act.graph, act.copy, load, options, act.catalog, FillRecord("", "replace", {}, ())
    )
    yield from bring(session, fill, act.carry)
    for source in sources:
        Path(source.files[0].where).unlink(missing_ok=True)


def reads(questions: Questions, carry: Carry) -> tuple[str, ...]:
    """What is asked of the engine, for explaining a plan."""
    columns = list(carry.columns.values())
    if carry.element == "vertex":
        return (questions.vertices(carry.old, columns, columns[0]),)
    return tuple(questions.edges(carry.old, e.old, e.keys, columns) for e in carry.ends)


def _queries(
    questions: Questions, carry: Carry, catalog: Catalog
) -> Iterator[tuple[int, str, list[str]]]:
    """For each file its number, the query and the names of the columns."""
    new, old = list(carry.columns), list(carry.columns.values())
    if carry.element == "vertex":
        yield 0, questions.vertices(carry.old, old, catalog.vertices[carry.old].key), new
    for number, ends in enumerate(carry.ends):
        yield number, questions.edges(carry.old, ends.old, ends.keys, old), ["from", "to", *new]


def _file(floor: Floor, name: str, number: int) -> Path:
    assert floor.scratch, "whoever writes has a root, and scratch below it"
    return floor.scratch / f"{name.removesuffix('.csv')}.{number}.csv"  # engines go by the ending


def _sources(floor: Floor, act: CarryType) -> Iterator[TypeSource]:
    carry = act.carry
    ends: tuple[CarriedEnds | None, ...] = carry.ends or (None,)
    lead = 0 if carry.element == "vertex" else 2
    columns = {name: Column(name, number + lead) for number, name in enumerate(carry.columns)}
    both = (Column("from", 0), Column("to", 1)) if lead else None
    for number, end in enumerate(ends):
        path = _file(floor, act.file, number)
        there = path.exists()
        file = DataFile(act.file, path.stat().st_size if there else 0,
                        sha256(str(path)) if there else "", str(path))  # fmt: skip
        yield TypeSource((file,), len(columns) + lead, columns, end.pair if end else None, both)
