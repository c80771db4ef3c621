"""What a copy is to be: its record, its name, and whether one that exists is already that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from reconciler.model.catalog import Catalog
from reconciler.model.key import Key
from reconciler.model.observed import LiveCopy, LiveGraph
from reconciler.model.record import FillRecord, Record
from reconciler.model.step import Carry
from reconciler.model.traits import Traits
from reconciler.model.types import PropertyType
from reconciler.model.wish import GraphWish
from reconciler.planner.carry import Leaving, carries
from reconciler.planner.schema import SchemaDiff, anew, emptying, schema_diff
from reconciler.planner.staleness import (
    Staleness,
    in_words_of,
    only_properties,
    replaced,
    staleness,
)


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a copy is from the wish."""

    schema: SchemaDiff
    stale: Staleness
    record: Record  # as it would be once the copy's catalog is as wished, before any fill
    marks: bool  # whether the record differs from the live one, fills apart from new rows
    version: bool  # whether another version of the engine wrote it
    leaving: Leaving | None = None  # what happens to the rows; None from nothing
    carries: tuple[Carry, ...] = ()
    emptied: frozenset[str] = frozenset()  # types whose rows go, and whose table would stay

    @property
    def none(self) -> bool:
        """Whether the copy is as wished."""
        return not (self.schema.ops or self.stale.fills or self.marks or self.version)

    @property
    def begun(self) -> Record:
        """The record of a copy whose catalog is right, and to which nothing came along yet."""
        owed = {carry.type: False for carry in self.carries}
        return replace(self.record.without_fills(owed), carried=owed)


def distance(  # noqa: PLR0913  both sides, and how to get from one to the other
    wish: GraphWish,
    copy: LiveCopy | None,
    traits: Traits,
    uid: str,
    reload: frozenset[Key],
    *,
    fresh: bool = False,
    owed: tuple[Carry, ...] | None = None,
) -> Distance:
    """From `copy` (None: from nothing) to `wish`; with `fresh` by a copy that is made anew.

    `owed` is what still has to come along into a copy that was begun.
    """
    live = copy.record if copy else None
    known = live.renames if live else {}
    hints = {new: old for new, old in wish.renames.items() if known.get(new) != old}
    catalog = copy.catalog if copy else replace(wish.catalog, vertices={}, edges={})
    schema = schema_diff(catalog, wish.catalog, hints, traits)
    if fresh:
        schema = anew(schema, wish.catalog)
    fills = in_words_of(wish, _still_live(live, catalog).fills, schema) if live else {}
    again = replaced(wish, fills, reload)
    leaving = Leaving(wish, copy, schema, fills, again) if copy else None
    gone = (leaving.types if leaving else again) - {carry.type for carry in owed or ()}
    along = owed if owed is not None else carries(leaving) if leaving else ()
    stale = staleness(wish, fills, gone - {carry.type for carry in along}, reload)
    full = _full(copy, schema, gone) if copy and not fresh else frozenset()
    if copy and full:
        schema = emptying(schema, catalog, wish.catalog, full)
    along = tuple(replace(carry, fills=stale.kept.get(carry.type, ())) for carry in along)
    record = _record(wish, copy, uid, schema, stale.kept, traits)
    marks = live is None or _told(record) != _told(live)
    version = live is not None and live.version != wish.engine.version
    return Distance(schema, stale, record, marks, version, leaving, along, full)


def _full(copy: LiveCopy, schema: SchemaDiff, gone: frozenset[str]) -> frozenset[str]:
    """The types that keep their table and must be emptied."""
    return frozenset(t for t in gone & schema.kept if copy.rows_of(schema.origins[t]))


def _still_live(record: Record, catalog: Catalog) -> Record:
    """`record` without what somebody took out of the live catalog: it is to be loaded anew."""
    types = {name for name, _ in catalog.types()}
    fills = {
        type_: tuple(only_properties(fill, catalog.properties(type_)) for fill in found)
        for type_, found in record.fills.items()
        if type_ in types
    }
    return replace(record, fills=fills)


def _record(  # noqa: PLR0913, PLR0917  what a record is made of
    wish: GraphWish,
    copy: LiveCopy | None,
    uid: str,
    schema: SchemaDiff,
    kept: Mapping[str, tuple[FillRecord, ...]],
    traits: Traits,
) -> Record:
    live = copy.record if copy else None
    return Record(
        owner=wish.owner,
        tenant=wish.key.tenant,
        graph=wish.key.name,
        uid=uid,
        copy=copy.id if copy else "",
        version=wish.engine.version,
        base=live.base if live else None,
        base_state=live.base_state if live else "",
        strings=_strings(wish, copy, schema, traits),
        multiplicities={
            n: e.multiplicity
            for n, e in sorted(wish.catalog.edges.items())
            if e.multiplicity != "many-to-many"
        },
        descriptions=dict(sorted(wish.descriptions.items())),
        renames=dict(sorted(({**live.renames, **wish.renames} if live else wish.renames).items())),
        fills=kept,
        procedures=dict(sorted(wish.procedures.items())),
    )


def _strings(
    wish: GraphWish, copy: LiveCopy | None, schema: SchemaDiff, traits: Traits
) -> Mapping[str, tuple[str, int]]:
    """Declared type and width of each string: the live width where the table stays."""
    found = {}
    for type_, _ in wish.catalog.types():
        for name, text in wish.catalog.properties(type_).items():
            declared = PropertyType.parse(text)
            if declared.name != "string":
                continue
            address = f"{type_}.{name}"
            before = f"{schema.origins.get(type_)}.{schema.property_before(type_, name)}"
            live = copy.widths.get(before) if copy and type_ in schema.kept else None
            width = live or declared.width or traits.strings.width_for(0)
            found[address] = (text, width or 0)
    return dict(sorted(found.items()))


def _told(record: Record) -> tuple[Any, ...]:
    """What a record says of declarations; rows and identity apart."""
    return (
        record.strings, record.multiplicities, record.descriptions,
        {t: [replace(f, rows=0) for f in fills] for t, fills in record.fills.items()},
        dict(record.procedures), record.renames,
    )  # fmt: skip


def new_uid(wish: GraphWish, taken: frozenset[str]) -> str:
    """A graph's uid: made of its first name, the same on every run, never one that is taken."""
    text = json.dumps([wish.owner.id, str(wish.owner), str(wish.key), str(wish.engine.key)])
    stem = sha256(text.encode()).hexdigest()[:12]
    return next(uid for n in range(len(taken) + 1) if (uid := f"{stem}{n or ''}") not in taken)


def _hexed(said: Any, digits: int) -> str:
    return sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:digits]


def _emptied(types: frozenset[str]) -> str:
    """The last digits of a copy's id: which types were emptied when it was begun."""
    return _hexed(sorted(types), 3)


def new_copy_id(wish: GraphWish, live: LiveGraph | None, emptied: frozenset[str]) -> str:
    """Named by content, so that a plan made after a crash finds what the last one began."""
    loads = [_said(load) for load in sorted(wish.loads, key=lambda load: load.key)]
    said = [wish.catalog.plain(), wish.engine.version, loads, sorted(wish.procedures)]
    stem = _hexed(said, 7) + _emptied(emptied)
    taken: set[str] = set()
    for part in (live, *live.elsewhere) if live else ():
        # What the pointer names may be gone: another under that name would answer half full.
        taken |= {*part.copies, *part.leftovers, *([part.pointer.copy] if part.pointer else ())}
        # A copy that is gone may still be named as another's base: its name is not given anew.
        taken |= {c.record.base for c in part.copies.values() if c.record and c.record.base}
    return next(
        i for n in range(len(taken) + 1) if (i := f"{stem}-{n}" if n else stem) not in taken
    )


def _said(load: Any) -> Any:
    files = [f.sha256 for t in load.types for s in t.sources for f in s.files]
    return [str(load.key), load.mode, files]


def usable(
    wish: GraphWish, copy: LiveCopy, live: LiveGraph, traits: Traits, reload: frozenset[Key]
) -> Distance | None:
    """How far a kept copy is, where it can answer as it is; else None.

    It is immutable: used as it is or not at all, and only where nobody can have written rows into
    it, nor any that would have to come along from the copy that answers.
    """
    if copy.record is None or wish.settings.writes != "declared":
        return None
    counted = copy.rows is not None and all(
        copy.rows.get(t, 0) == copy.record.rows(t) for t, _ in copy.catalog.types()
    )
    far = distance(wish, copy, traits, live.uid, reload)
    return far if counted and far.none else None


def begun(  # noqa: PLR0913, PLR0917  as `usable`, and what was planned
    wish: GraphWish,
    copy: LiveCopy,
    live: LiveGraph,
    traits: Traits,
    reload: frozenset[Key],
    planned: Distance,
) -> Distance | None:
    """How far a half built copy is, where it is gone on with: what is left are carries and fills.

    It must stand on the copy that serves now, its catalog must be right, and the same types must
    come along (`planned`) as when it was begun. Its name tells which types it emptied: rows written
    between a plan and its clone are in one that was thought to have none.
    """
    if planned.emptied and not copy.id.partition("-")[0].endswith(_emptied(planned.emptied)):
        return None
    record = copy.record
    base = live.serving.id if live.serving else None
    carried = {carry.type: carry for carry in planned.carries}
    if record is None or record.base != base or record.carried.keys() != carried.keys():
        return None
    owed = tuple(c for t, c in carried.items() if not record.carried[t])
    fills = {**record.fills, **{carry.type: carry.fills for carry in owed if carry.fills}}
    whole = replace(copy, record=replace(record, fills=fills), rows=None)
    far = distance(wish, whole, traits, live.uid, reload, owed=owed)
    return None if far.schema.ops or far.marks or far.version else far
