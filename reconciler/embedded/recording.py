"""What a copy's record says of a fill, before, after, and where a crash came between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.embedded.lookup import rows
from reconciler.embedded.session import Session
from reconciler.model.catalog import Catalog
from reconciler.model.record import Record
from reconciler.model.step import Carry, FillType


def came_before(session: Session, act: FillType, record: Record) -> int:
    """The rows of this very fill, checked and committed, where a crash came before their record."""
    before = record.filling.get(act.load.type)
    return 0 if before is None else counted(session, act) - before


def recorded(act: FillType, record: Record, held: int, came: int, carry: Carry | None) -> Record:
    """The record after a fill: `held` rows were there, `came` more are."""
    before = replace(record, filling={})
    if carry:
        return before.with_carried(carry.type, carry.fills)
    if held == 0:
        gone = {act.load.type} | set(
            act.catalog.touching(act.load.type) if act.load.element == "vertex" else ()
        )
        before = before.without_fills(gone)
    # An appending fill is recorded whole: `act.fill.rows` is what its load had brought before.
    known = act.fill.rows if held else 0
    return before.with_fill(act.load.type, replace(act.fill, rows=known + came))


def with_widths(record: Record, widths: Mapping[str, int]) -> Record:
    """The record with the widths in bytes that strings have now, by `Type.property`."""
    strings = {a: (text, widths.get(a, width)) for a, (text, width) in record.strings.items()}
    return replace(record, strings=strings)


def counted(session: Session, act: FillType) -> int:
    """The rows that the type of a fill has now."""
    return rows(session.host, _only(act))[act.load.type]


def _only(act: FillType) -> Catalog:
    type_, catalog = act.load.type, act.catalog
    if act.load.element == "vertex":
        return Catalog({type_: catalog.vertices[type_]})
    return Catalog({}, {type_: catalog.edges[type_]})
