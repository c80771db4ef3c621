"""From one catalog to another: the fields that differ, what that costs, and the operations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.model.catalog import Catalog, Element, VertexTable
from reconciler.model.change import FieldChange
from reconciler.model.step import (
    AddProperty,
    CatalogOp,
    CreateType,
    DropProperty,
    DropType,
    RenameProperty,
)
from reconciler.model.traits import Effect, Traits
from reconciler.planner.compare import Difference, compare

_GROUPS: Mapping[str, Element] = {"vertices": "vertex", "edges": "edge"}


@dataclass(frozen=True, slots=True)
class SchemaDiff:
    """What separates a live catalog from the wished one.

    `emptied` are the types of either side whose rows go: dropped, rebuilt, or touched by such.
    `renames` are the hints that apply now, as in GraphWish.renames.
    """

    fields: tuple[FieldChange, ...] = ()
    ops: tuple[CatalogOp, ...] = ()
    emptied: frozenset[str] = frozenset()
    renames: Mapping[str, str] = field(default_factory=dict)

    @property
    def effect(self) -> Effect | None:
        """The dearest effect among the fields."""
        order = list(Effect)
        return max((f.effect for f in self.fields), key=order.index, default=None)


def schema_diff(
    live: Catalog, wish: Catalog, renames: Mapping[str, str], traits: Traits
) -> SchemaDiff:
    """How `live` becomes `wish`. Renames that have happened, or hit nothing, are left out."""
    applying = {new: old for new, old in renames.items() if _applies(new, old, live, wish)}
    renamed = _with_properties_renamed(live, applying)
    fields = [*_renamed(applying, live, traits)]
    fields += _without_renamed_types(_compared(renamed, wish, traits), applying)
    rebuilt = {f.path[1] for f in fields if f.effect is Effect.REBUILD and len(f.path) > 2}
    rebuilt |= {t for t in wish.vertices if t in live.edges}
    rebuilt |= {t for t in wish.edges if t in live.vertices}
    emptied = _emptied(live, wish, rebuilt)
    ordered = tuple(sorted(fields, key=lambda f: (f.path, str(f.old))))
    ops = tuple(_ops(live, wish, emptied, ordered, applying))
    return SchemaDiff(ordered, ops, emptied, applying)


def emptying(diff: SchemaDiff, live: Catalog, wish: Catalog, types: frozenset[str]) -> SchemaDiff:
    """`diff` with operations that also empty `types`, by dropping and making them.

    Much faster than deleting rows; the copy that serves is another one. Edge types go with their
    ends.
    """
    touched = {edge for type_ in types for edge in live.touching(type_)}
    ops = tuple(_ops(live, wish, diff.emptied | types | touched, diff.fields, diff.renames))
    return replace(diff, ops=ops)


def _applies(new: str, old: str, live: Catalog, wish: Catalog) -> bool:
    type_, dot, name = new.partition(".")
    if not dot:
        there = live.vertices.keys() | live.edges.keys()
        return old in there and (new not in there)
    properties = live.properties(type_)
    # A swap or a chain: the old name is declared too, as the new name of something else.
    return old in properties and (name not in properties or old in wish.properties(type_))


def _with_properties_renamed(live: Catalog, renames: Mapping[str, str]) -> Catalog:
    new_of = {
        (new.partition(".")[0], old): new.partition(".")[2]
        for new, old in renames.items()
        if "." in new
    }

    def rename(type_: str, properties: Mapping[str, str]) -> Mapping[str, str]:
        return {new_of.get((type_, p), p): t for p, t in properties.items()}

    return Catalog(
        {
            n: VertexTable(new_of.get((n, v.key), v.key), rename(n, v.properties))
            for n, v in live.vertices.items()
        },
        {n: replace(e, properties=rename(n, e.properties)) for n, e in live.edges.items()},
    )


def _renamed(renames: Mapping[str, str], live: Catalog, traits: Traits) -> Iterator[FieldChange]:
    for new, old in sorted(renames.items()):
        type_, dot, name = new.partition(".")
        if not dot:
            group = "vertices" if old in live.vertices else "edges"
            rule = traits.rule((group, new), "rename")
            yield FieldChange((group, new), old, new, rule.effect, rule.reason or "renamed")
            continue
        group = "vertices" if type_ in live.vertices else "edges"
        path = (group, type_, "properties", name)
        is_key = group == "vertices" and live.vertices[type_].key == old
        rule = traits.rule((group, type_, "key") if is_key else path, "rename")
        yield FieldChange(path, old, name, rule.effect, rule.reason or "renamed")


def _without_renamed_types(
    fields: Iterable[FieldChange], renames: Mapping[str, str]
) -> Iterator[FieldChange]:
    """A renamed type is one change, not a type that goes and another that comes."""
    types = {name for pair in renames.items() if "." not in pair[0] for name in pair}
    return (f for f in fields if not (len(f.path) == 2 and f.path[1] in types))


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


def _emptied(live: Catalog, wish: Catalog, rebuilt: set[str]) -> frozenset[str]:
    gone = {t for t, _ in live.types() if t not in wish.vertices and t not in wish.edges}
    emptied = rebuilt | gone
    touched = {e for v in emptied & live.vertices.keys() for e in live.touching(v)}
    return frozenset(emptied | touched)


def _ops(
    live: Catalog,
    wish: Catalog,
    emptied: frozenset[str],
    fields: Iterable[FieldChange],
    renames: Mapping[str, str],
) -> Iterator[CatalogOp]:
    """Edges leave before vertices and come after them; what stays is altered in between."""
    yield from (DropType(t, "edge") for t in sorted(emptied & live.edges.keys()))
    yield from (DropType(t, "vertex") for t in sorted(emptied & live.vertices.keys()))
    kept = [t for t, _ in live.types() if t not in emptied]
    for type_ in kept:
        yield from _alterations(type_, "vertex" if type_ in live.vertices else "edge", fields)
        yield from _property_renames(type_, live, wish, renames)
        yield from _additions(type_, "vertex" if type_ in live.vertices else "edge", fields)
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
    type_: str, live: Catalog, wish: Catalog, renames: Mapping[str, str]
) -> Iterator[RenameProperty]:
    """Renames in an order in which no new name is taken; a cycle goes through a name of ours."""
    element: Element = "vertex" if type_ in live.vertices else "edge"
    left = {o: n.partition(".")[2] for n, o in renames.items() if n.startswith(f"{type_}.")}
    taken = set(live.properties(type_)) & (wish.properties(type_).keys() | left.keys())
    while left:
        free = sorted(old for old, new in left.items() if new not in taken)
        old = free[0] if free else min(left)
        new = left.pop(old) if free else f"gsctl_swap_{old}"
        if not free:
            left[new] = left.pop(old)
        taken = taken - {old} | {new}
        yield RenameProperty(type_, element, old, new)
