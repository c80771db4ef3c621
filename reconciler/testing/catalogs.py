"""What an operation makes of a catalog, as a strict engine does it: for engines that are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.catalog import Catalog, VertexTable
from reconciler.model.catalog_op import (
    AddProperty,
    CatalogOp,
    CreateType,
    DropProperty,
    DropType,
    RenameProperty,
    RenameType,
)
from reconciler.planner.hints import renamed


def altered(catalog: Catalog, op: CatalogOp, goal: Catalog, rows: dict[str, int]) -> Catalog:
    """A catalog after one operation, as a strict engine does it; `rows` follow."""
    vertices, edges = dict(catalog.vertices), dict(catalog.edges)
    match op:
        case CreateType():
            assert op.type not in vertices | edges, "exists already"
            if op.element == "vertex":
                vertices[op.type] = goal.vertices[op.type]
            else:
                edges[op.type] = goal.edges[op.type]
                assert all(v in vertices for p in edges[op.type].pairs for v in p), "no such end"
            rows[op.type] = 0
        case DropType():
            touching = catalog.touching(op.type) if op.element == "vertex" else frozenset()
            assert not touching & edges.keys(), "an edge type still touches it"
            del (vertices if op.element == "vertex" else edges)[op.type]
            rows.pop(op.type, None)
        case RenameType():
            assert op.new not in vertices | edges, "exists already"
            rows[op.new] = rows.pop(op.old, 0)
            return renamed(catalog, {op.new: op.old})
        case AddProperty() | DropProperty() | RenameProperty():
            properties = _properties(catalog.properties(op.type), op, goal)
            if op.element == "vertex":
                assert catalog.vertices[op.type].key in properties, "the key went"
                vertices[op.type] = VertexTable(vertices[op.type].key, properties)
            else:
                edges[op.type] = replace(edges[op.type], properties=properties)
    return Catalog(vertices, edges)


def _properties(
    live: Mapping[str, str], op: AddProperty | DropProperty | RenameProperty, goal: Catalog
) -> Mapping[str, str]:
    match op:
        case AddProperty():
            assert op.name not in live, "exists already"
            return {**live, op.name: goal.properties(op.type)[op.name]}
        case DropProperty():
            return {name: type_ for name, type_ in live.items() if name != op.name}
        case RenameProperty():
            assert op.old in live, "nothing to rename"
            assert op.new not in live, "a rename onto a live property destroys the database"
            return {op.new if name == op.old else name: type_ for name, type_ in live.items()}
