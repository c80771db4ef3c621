"""Which types must be filled: a load is known by its record, judged type by type."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.catalog import Catalog, Pair
from reconciler.model.key import Key
from reconciler.model.loading import Expected, LoadOptions, LoadWish, TypeLoad
from reconciler.model.record import FillRecord, SourceRecord, fill_record
from reconciler.model.wish import GraphWish
from reconciler.planner.schema import SchemaDiff


@dataclass(frozen=True, slots=True)
class Fill:
    """Rows to bring: what to read, how, and what will be recorded."""

    load: Key
    content: TypeLoad
    options: LoadOptions
    record: FillRecord
    expect: Expected | None = None


@dataclass(frozen=True, slots=True)
class Staleness:
    """What must be filled, in order; the fills that stay, re-recorded; why a load is stale.

    `reasons` tells why for each load that is stale by itself (one that is run again only because
    its types were emptied has none).
    """

    fills: tuple[Fill, ...] = ()
    kept: Mapping[str, tuple[FillRecord, ...]] = field(default_factory=dict)
    reasons: Mapping[Key, str] = field(default_factory=dict)


Recorded = Mapping[str, tuple[FillRecord, ...]]  # by type, in the words of the wish


def replaced(wish: GraphWish, live: Recorded, reload: frozenset[Key]) -> frozenset[str]:
    """The types whose rows a replacing load brings anew, because it is stale or was asked for."""
    stale = {t for w in wish.loads if w.mode == "replace" for t in _stale(w, wish, live, reload)}
    return frozenset(stale | {c.type for w in wish.loads if w.key in reload for c in w.types})


def staleness(
    wish: GraphWish, live: Recorded, gone: frozenset[str], reload: frozenset[Key]
) -> Staleness:
    """Compare what is declared with what is recorded. `gone` types are without rows."""
    fills = tuple(sorted(_fills(wish, live, gone), key=lambda f: _order(f, wish.catalog)))
    kept = {t: _kept(wish, t, found) for t, found in sorted(live.items()) if t not in gone}
    return Staleness(fills, kept, dict(_reasons(wish, live, reload)))


def _order(fill: Fill, catalog: Catalog) -> tuple[bool, str, str]:
    return (fill.content.type not in catalog.vertices, fill.content.type, fill.load.name)


def _types_of(wish: GraphWish, type_: str) -> Mapping[str, str]:
    return wish.catalog.properties(type_)


def _reasons(wish: GraphWish, live: Recorded, reload: frozenset[Key]) -> Iterator[tuple[Key, str]]:
    for load in wish.loads:
        mine = [f for fills in live.values() for f in fills if f.load == load.key.name]
        if not mine:
            yield load.key, "never loaded"
        elif any(f.forgotten for f in mine):
            yield load.key, "it was forgotten; what it had loaded is not loaded again"
        elif load.key in reload:
            yield load.key, "reload asked for"
        elif stale := sorted(_stale(load, wish, live, reload).items()):
            type_, why = stale[0]
            yield load.key, f"{type_}: {why}"


def _stale(
    load: LoadWish, wish: GraphWish, live: Recorded, reload: frozenset[Key]
) -> Mapping[str, str]:
    """The types of `load` whose rows are not those declared, with the reason."""
    found = {}
    for content in load.types:
        wanted = fill_record(load, content, _types_of(wish, content.type))
        have = next((f for f in live.get(content.type, ()) if f.load == load.key.name), None)
        if load.key in reload:
            found[content.type] = "reload asked for"
        elif have is None:
            found[content.type] = "not loaded by this load"
        elif load.mode == "append":
            if _new_files(content, have):
                found[content.type] = "new files"
        elif why := _differs(have, wanted):
            found[content.type] = why
    return found


def _differs(have: FillRecord, wanted: FillRecord) -> str | None:
    """Why `have` is not what `wanted` would bring. What was loaded beyond it does not matter."""
    if have.mode != wanted.mode or dict(have.options) != dict(wanted.options):
        return "its options changed"
    if len(have.sources) != len(wanted.sources):
        return "its sources changed"
    for old, new in zip(have.sources, wanted.sources, strict=True):
        if old.files != new.files:
            return _file_difference(old, new)
        if (old.ends, old.pair) != (new.ends, new.pair):
            return "the columns of its ends changed"
        for name, column in new.columns.items():
            if tuple(old.columns.get(name, ())) != column:
                return f"`{name}` is fed anew"
    return None


def _file_difference(old: SourceRecord, new: SourceRecord) -> str:
    before = {f.path: f for f in old.files}
    for file in new.files:
        if before.get(file.path) != file:
            return f"{file.path} {'changed' if file.path in before else 'is new'}"
    gone = sorted(before.keys() - {f.path for f in new.files})
    return f"{gone[0]} is not listed any more" if gone else "the order of its files changed"


def _new_files(content: TypeLoad, have: FillRecord) -> TypeLoad | None:
    """`content` cut down to files that `have` does not hold. A file is known by its bytes."""
    known = {file.sha256 for source in have.sources for file in source.files}
    sources = (
        replace(source, files=tuple(f for f in source.files if f.sha256 not in known))
        for source in content.sources
    )
    left = tuple(source for source in sources if source.files)
    return replace(content, sources=left) if left else None


def _fills(wish: GraphWish, live: Recorded, gone: frozenset[str]) -> Iterator[Fill]:
    for load in wish.loads:
        for content in load.types:
            whole = fill_record(load, content, _types_of(wish, content.type))
            have = next((f for f in live.get(content.type, ()) if f.load == load.key.name), None)
            if content.type in gone or have is None:
                part: TypeLoad | None = content
            elif load.mode == "append":
                had = only_properties(have, _types_of(wish, content.type))
                part, whole = _new_files(content, have), _joined(had, whole)
            else:
                part = None
            if part:
                expect = load.expect.get(content.type)
                yield Fill(load.key, part, load.options, whole, expect)


def _joined(have: FillRecord, wanted: FillRecord) -> FillRecord:
    """What an appending load holds once `wanted` came: what it held before stays on record."""
    known = {file.sha256 for source in have.sources for file in source.files}
    fresh = (
        replace(source, files=tuple(f for f in source.files if f.sha256 not in known))
        for source in wanted.sources
    )
    return replace(wanted, sources=(*have.sources, *(s for s in fresh if s.files)), rows=have.rows)


def _kept(wish: GraphWish, type_: str, fills: Iterable[FillRecord]) -> tuple[FillRecord, ...]:
    """The records that go on, without what is not declared any more.

    A replacing load that is forgotten leaves its rows as hand-made ones; what a forgotten
    appending load brought stays on record, so that adding it again loads nothing twice.
    """
    wanted = {
        load.key.name: fill_record(load, content, _types_of(wish, type_))
        for load in wish.loads
        for content in load.types
        if content.type == type_
    }
    properties = _types_of(wish, type_)
    return tuple(
        only_properties(_narrowed(fill, wanted.get(fill.load)), properties)
        for fill in fills
        if fill.load in wanted or fill.mode == "append"
    )


def only_properties(fill: FillRecord, properties: Collection[str]) -> FillRecord:
    """`fill` without the columns of properties that are not there (any more)."""
    if all(name in properties for source in fill.sources for name in source.columns):
        return fill
    return replace(fill, sources=tuple(
        replace(s, columns={p: c for p, c in s.columns.items() if p in properties})
        for s in fill.sources
    ))  # fmt: skip


def _narrowed(have: FillRecord, wanted: FillRecord | None) -> FillRecord:
    """`have` with the columns that `wanted` still speaks of: a dropped property needs no load."""
    if wanted is None or have.mode == "append":
        return replace(have, forgotten=wanted is None)
    return replace(wanted, rows=have.rows)


def in_words_of(wish: GraphWish, fills: Recorded, schema: SchemaDiff) -> Recorded:
    """`fills` of a live record under the names that their types and properties are wished by.

    A table that is made anew is filled with other types from the same columns: that alone makes no
    load stale. What has no name any more is left out.
    """
    return {
        type_: tuple(_translated(fill, type_, wish, schema) for fill in fills[old])
        for type_, old in sorted(schema.origins.items())
        if old in fills
    }


def _translated(fill: FillRecord, type_: str, wish: GraphWish, schema: SchemaDiff) -> FillRecord:
    lead, types = f"{type_}.", wish.catalog.properties(type_)
    new_of = {old: n.partition(".")[2] for n, old in schema.renames.items() if n.startswith(lead)}

    def column(name: str, fed: tuple[str, str]) -> tuple[str, str]:
        return (fed[0], types[name]) if type_ in schema.emptied and name in types else fed

    sources = (
        replace(s, columns={(n := new_of.get(p, p)): column(n, c) for p, c in s.columns.items()},
                pair=_pair(s.pair, type_, wish, schema))
        for s in fill.sources
    )  # fmt: skip
    return replace(fill, sources=tuple(sources))


def _pair(pair: Pair | None, type_: str, wish: GraphWish, schema: SchemaDiff) -> Pair | None:
    if pair is None:
        return None
    pairs = wish.catalog.edges[type_].pairs
    if type_ in schema.emptied and len(pairs) == 1:
        return pairs[0]  # other ends alone are a rebuild, and make no load stale
    new_of = {old: new for new, old in schema.renames.items() if "." not in new}
    return new_of.get(pair[0], pair[0]), new_of.get(pair[1], pair[1])
