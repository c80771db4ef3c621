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
from reconciler.model.traits import Traits
from reconciler.model.types import PropertyType
from reconciler.model.wish import GraphWish
from reconciler.planner.schema import SchemaDiff, emptying, schema_diff
from reconciler.planner.staleness import Staleness, only_properties, staleness


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a copy is from the wish."""

    schema: SchemaDiff
    stale: Staleness
    record: Record  # as it would be once the copy's catalog is as wished, before any fill
    marks: bool  # whether the record differs from the live one, fills apart from new rows
    version: bool  # whether another version of the engine wrote it

    @property
    def none(self) -> bool:
        """Whether the copy is as wished."""
        return not (self.schema.ops or self.stale.fills or self.marks or self.version)


def distance(
    wish: GraphWish, copy: LiveCopy | None, traits: Traits, uid: str, reload: frozenset[Key]
) -> Distance:
    """From `copy` (None: from nothing) to `wish`."""
    live = copy.record if copy else None
    known = live.renames if live else {}
    hints = {new: old for new, old in wish.renames.items() if known.get(new) != old}
    catalog = copy.catalog if copy else replace(wish.catalog, vertices={}, edges={})
    schema = schema_diff(catalog, wish.catalog, hints, traits)
    stale = staleness(wish, _still_live(live, catalog), schema.emptied, schema.renames, reload)
    if copy and (full := frozenset(t for t in stale.refilled if copy.rows_of(t))):
        schema = emptying(schema, catalog, wish.catalog, full)
    record = _record(wish, copy, uid, schema, stale.kept, traits)
    marks = live is None or _told(record) != _told(live)
    version = live is not None and live.version != wish.engine.version
    return Distance(schema, stale, record, marks, version)


def _still_live(record: Record | None, catalog: Catalog) -> Record | None:
    """`record` without what somebody took out of the live catalog: it is to be loaded anew."""
    if record is None:
        return None
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
            before = f"{type_}.{schema.renames.get(address, name)}"
            live = copy.widths.get(before) if copy and type_ not in schema.emptied else None
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


def new_copy_id(wish: GraphWish, live: LiveGraph | None) -> str:
    """Named by content, so that a plan made after a crash finds what the last one began."""
    loads = [_said(load) for load in sorted(wish.loads, key=lambda load: load.key)]
    said = [wish.catalog.plain(), wish.engine.version, loads, sorted(wish.procedures)]
    stem = sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:10]
    taken = set(live.copies) | set(live.leftovers) if live else set()
    if live:  # a copy that is gone may still be named as another's base: its name is not given anew
        taken |= {c.record.base for c in live.copies.values() if c.record and c.record.base}
    return next(
        i for n in range(len(taken) + 1) if (i := f"{stem}-{n}" if n else stem) not in taken
    )


def _said(load: Any) -> Any:
    files = [f.sha256 for t in load.types for s in t.sources for f in s.files]
    return [str(load.key), load.mode, files]


def usable(
    wish: GraphWish, copy: LiveCopy, live: LiveGraph, traits: Traits, reload: frozenset[Key]
) -> Distance | None:
    """Whether to go on with `copy`, which does not serve: how far it is then, else None.

    One that was verified is kept for going back to, and immutable: it is used as it is or not at
    all, and only where nobody can have written rows into it. One half built must stand on the copy
    that serves now, and its catalog must be right: what is left are fills.
    """
    if copy.record is None:
        return None
    far = distance(wish, copy, traits, live.uid, reload)
    if copy.verified:
        counted = copy.rows is not None and all(
            copy.rows.get(t, 0) == copy.record.rows(t) for t, _ in copy.catalog.types()
        )
        return far if far.none and counted and wish.settings.writes == "declared" else None
    base = live.serving.id if live.serving else None
    right = not (far.schema.ops or far.marks or far.version)
    return far if right and copy.record.base == base else None
