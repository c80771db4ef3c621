"""A graph's types, in the contract's words: the same on the desired and on the live side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Element = Literal["vertex", "edge"]
Pair = tuple[str, str]  # vertex types: from, to


@dataclass(frozen=True, slots=True)
class VertexTable:
    """A vertex type. `properties` maps a name to a type (`string(100)`), the key among them."""

    key: str
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EdgeTable:
    """An edge type."""

    pairs: tuple[Pair, ...]
    properties: Mapping[str, str] = field(default_factory=dict)
    multiplicity: str = "many-to-many"


@dataclass(frozen=True, slots=True)
class Catalog:
    """All types of a graph."""

    vertices: Mapping[str, VertexTable] = field(default_factory=dict)
    edges: Mapping[str, EdgeTable] = field(default_factory=dict)

    def touching(self, vertex: str) -> frozenset[str]:
        """The edge types with `vertex` at one of their ends."""
        return frozenset(
            name for name, edge in self.edges.items() if any(vertex in pair for pair in edge.pairs)
        )

    def types(self) -> Iterator[tuple[str, Element]]:
        """Every type, vertices first, each by name."""
        yield from ((name, "vertex") for name in sorted(self.vertices))
        yield from ((name, "edge") for name in sorted(self.edges))

    def properties(self, type_: str) -> Mapping[str, str]:
        """The properties of a type; none where there is no such type."""
        table = self.vertices.get(type_) or self.edges.get(type_)
        return table.properties if table else {}

    def plain(self) -> dict[str, Any]:
        """As plain mappings, for comparing and for JSON."""
        return {
            "vertices": {
                name: {"key": v.key, "properties": dict(v.properties)}
                for name, v in sorted(self.vertices.items())
            },
            "edges": {
                name: {
                    "pairs": [{"from": a, "to": b} for a, b in e.pairs],
                    "properties": dict(e.properties),
                    "multiplicity": e.multiplicity,
                }
                for name, e in sorted(self.edges.items())
            },
        }
