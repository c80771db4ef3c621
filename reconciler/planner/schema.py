"""From one catalog to another: the fields that differ, what that costs, and the operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model.catalog import Catalog, Element
from reconciler.model.catalog_op import (
    AddProperty,
    CatalogOp,
    CreateType,
    DropProperty,
    DropType,
    RenameProperty,
    RenameType,
)
from reconciler.model.change import FieldChange
from reconciler.model.traits import Effect, Traits
from reconciler.planner.compare import Difference, compare
from reconciler.planner.hints import SWAP, applying, ordered, renamed


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """What separates a live catalog from the wished one.

    `origins` maps each wished type to the live one that it is; `kept` holds those of them whose
    table stays, with its rows. `renames` are the hints that apply now, as in GraphWish.renames.
    """

    fields: tuple[FieldChange, ...] = ()
    ops: tuple[CatalogOp, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    renames: Mapping[str, str] = field(default_factory=dict)

    @property
    def emptied(self) -> frozenset[str]:
        """The wished types that are live, and whose table is made anew."""
        return frozenset(self.origins) - self.kept

    @property
    def effect(self) -> Effect | None:
        """The dearest effect among the fields."""
        order = list(Effect)
        return max((f.effect for f in self.fields), key=order.index, default=None)

    def property_before(self, type_: str, name: str) -> str:
        """What a property of a wished type was called."""
        return self.renames.get(f"{type_}.{name}", name)


def schema_diff(
    live: Catalog, wish: Catalog, renames: Mapping[str, str], traits: Traits
) -> SchemaDiff:
    """How `live` becomes `wish`. Renames that have happened, or hit nothing, are left out."""
    hints = applying(renames, live)
    named = renamed(live, hints)
    fields = [*_renamed(hints, named, traits), *_compared(named, wish, traits)]
    rebuilt = {f.path[1] for f in fields if f.effect is Effect.REBUILD and _within(f)}
    before = {new: old for new, old in hints.items() if "." not in new}
    origins = {
        t: before.get(t, t)
        for t, element in wish.types()
        if t in (named.vertices if element == "vertex" else named.edges)
    }
    kept = _still_ended(origins.keys() - rebuilt, named)
    told = tuple(sorted(fields, key=lambda f: (f.path, str(f.old))))
    diff = SchemaDiff(told, (), origins, kept, hints)
    return replace(diff, ops=tuple(_ops(live, wish, diff, kept)))


def emptying(diff: SchemaDiff, live: Catalog, wish: Catalog, types: frozenset[str]) -> SchemaDiff:
    """`diff` with operations that also empty `types`, by dropping and making them.

    Much faster than deleting rows; the copy that serves is another one. Edge types go with their
    ends.
    """
    kept = _still_ended(diff.kept - types, renamed(live, diff.renames))
    return replace(diff, ops=tuple(_ops(live, wish, diff, kept)))


def anew(diff: SchemaDiff, wish: Catalog) -> SchemaDiff:
    """`diff` for a copy that is made from nothing: every type is new, and no table stays."""
    ops = tuple(CreateType(t, e) for t, e in wish.types())
    return replace(diff, ops=ops, kept=frozenset())


def _within(change: FieldChange) -> bool:
    """Whether a field speaks of a type that stays: of its parts, or of its name."""
    renames = len(change.path) == 2 and isinstance(change.old, str)
    return len(change.path) > 2 or renames


def _still_ended(types: Iterable[str], named: Catalog) -> frozenset[str]:
    """Those of `types` that keep their table: an edge type goes with the types at its ends."""
    kept = frozenset(types)
    return frozenset(
        t
        for t in kept
        if t in named.vertices or all(v in kept for pair in named.edges[t].pairs for v in pair)
    )


def _renamed(renames: Mapping[str, str], named: Catalog, traits: Traits) -> Iterator[FieldChange]:
    """One change for each name, with what renaming costs; `named` has the new names."""
    for new, old in sorted(renames.items()):
        type_, dot, name = new.partition(".")
        group = "vertices" if type_ in named.vertices else "edges"
        if not dot:
            rule = traits.rule((group, new), "rename")
            yield FieldChange((group, new), old, new, rule.effect, rule.reason or "renamed")
            continue
        path = (group, type_, "properties", name)
        is_key = group == "vertices" and named.vertices[type_].key == name
        rule = traits.rule((group, type_, "key") if is_key else path, "rename")
        yield FieldChange(path, old, name, rule.effect, rule.reason or "renamed")


def _compared(live: Catalog, wish: Catalog, traits: Traits) -> Iterator[FieldChange]:
    for difference in compare(_terms(live), _terms(wish)):
        rule = traits.rule(difference.path, difference.happening)
        yield FieldChange(difference.path, difference.old, difference.new, rule.effect, rule.reason)


def _terms(catalog: Catalog) -> Mapping[str, Any]:
    """For comparing: a type's pairs are one value."""
    plain = catalog.plain()
    for edge in plain["edges"].values():
        edge["pairs"] = sorted(f"{pair['from']} to {pair['to']}" for pair in edge["pairs"])
        edge["pairs"] = ", ".join(edge["pairs"])
    return plain


def _ops(
    live: Catalog, wish: Catalog, diff: SchemaDiff, kept: frozenset[str]
) -> Iterator[CatalogOp]:
    """Edges leave before vertices and come after them; what stays is altered in between."""
    stays = {diff.origins[type_]: type_ for type_ in kept}
    yield from (DropType(t, "edge") for t in sorted(live.edges.keys() - stays.keys()))
    yield from (DropType(t, "vertex") for t in sorted(live.vertices.keys() - stays.keys()))
    moved = {old: new for old, new in stays.items() if old != new}
    for old, new in ordered(moved, set(stays)):
        first = old.removeprefix(SWAP)
        yield RenameType("vertex" if first in live.vertices else "edge", old, new)
    for type_, element in wish.types():
        if type_ in kept:
            yield from _alterations(type_, element, diff.fields)
            yield from _property_renames(type_, element, live, wish, diff)
            yield from _additions(type_, element, diff.fields)
    yield from (CreateType(t, e) for t, e in wish.types() if t not in kept)


def _alterations(
    type_: str, element: Element, fields: Iterable[FieldChange]
) -> Iterator[CatalogOp]:
    for change in _property_fields(type_, fields):
        if Difference(change.path, change.old, change.new).happening == "drop":
            yield DropProperty(type_, element, change.path[3])


def _additions(type_: str, element: Element, fields: Iterable[FieldChange]) -> Iterator[CatalogOp]:
    for change in _property_fields(type_, fields):
        if Difference(change.path, change.old, change.new).happening == "add":
            yield AddProperty(type_, element, change.path[3])


def _property_fields(type_: str, fields: Iterable[FieldChange]) -> Iterator[FieldChange]:
    for change in fields:
        if len(change.path) == 4 and change.path[1] == type_ and change.path[2] == "properties":
            yield change


def _property_renames(
    type_: str, element: Element, live: Catalog, wish: Catalog, diff: SchemaDiff
) -> Iterator[RenameProperty]:
    lead = f"{type_}."
    names = {o: n.partition(".")[2] for n, o in diff.renames.items() if n.startswith(lead)}
    here = set(live.properties(diff.origins[type_]))
    left = here & (wish.properties(type_).keys() | names.keys())  # what is dropped went first
    yield from (RenameProperty(type_, element, old, new) for old, new in ordered(names, left))
