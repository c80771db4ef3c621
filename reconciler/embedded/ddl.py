"""Statements that change types, the same for every engine here but for how a type is spelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise

from reconciler.embedded.cypher import in_order, quoted
from reconciler.model.catalog import Catalog
from reconciler.model.catalog_op import (
    AddProperty,
    CatalogOp,
    CreateType,
    DropProperty,
    DropType,
    RenameProperty,
    RenameType,
)

Spelling = Callable[[str, int | None], str]


def statements(
    ops: Iterable[CatalogOp], catalog: Catalog, widths: Mapping[str, int], spelled: Spelling
) -> Iterator[str]:
    """What changes the types, in order. Never with IF [NOT] EXISTS, which hides a difference."""
    for op in ops:
        match op:
            case CreateType():
                yield create(op.type, catalog, widths, spelled)
            case DropType():
                yield drop(op.type)
            case AddProperty():
                type_ = catalog.properties(op.type)[op.name]
                spelling = spelled(type_, widths.get(f"{op.type}.{op.name}"))
                yield f"ALTER TABLE {quoted(op.type)} ADD {quoted(op.name)} {spelling}"
            case DropProperty():
                yield f"ALTER TABLE {quoted(op.type)} DROP {quoted(op.name)}"
            case RenameProperty():
                yield from rename(op)
            case RenameType():
                yield f"ALTER TABLE {quoted(op.old)} RENAME TO {quoted(op.new)}"


def rename(op: RenameProperty) -> Iterator[str]:
    """By way of a third name where only capitals differ: not every engine tells these apart."""
    way = [op.old, op.new]
    if op.old.lower() == op.new.lower():
        way.insert(1, f"gsctl_swap_{op.old}")
    for old, new in pairwise(way):
        yield f"ALTER TABLE {quoted(op.type)} RENAME {quoted(old)} TO {quoted(new)}"


def drop(type_: str) -> str:
    """The statement that drops a type with its rows."""
    return f"DROP TABLE {quoted(type_)}"


def create(type_: str, catalog: Catalog, widths: Mapping[str, int], spelled: Spelling) -> str:
    """The statement that makes a type of `catalog`."""
    columns = [
        f"{quoted(name)} {spelled(text, widths.get(f'{type_}.{name}'))}"
        for name, text in in_order(type_, catalog)
    ]
    if type_ in catalog.vertices:
        key = quoted(catalog.vertices[type_].key)
        return f"CREATE NODE TABLE {quoted(type_)}({', '.join(columns)}, PRIMARY KEY({key}))"
    ends = [f"FROM {quoted(a)} TO {quoted(b)}" for a, b in catalog.edges[type_].pairs]
    return f"CREATE REL TABLE {quoted(type_)}({', '.join(ends + columns)})"
