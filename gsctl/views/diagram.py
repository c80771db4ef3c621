"""The schema of a graph, drawn: keys marked, each end with how many it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gsctl.views.escape import dot, mermaid
from reconciler.model.catalog import Catalog, EdgeTable

_ENDS = {
    "many-to-many": ("}o", "o{"),
    "many-to-one": ("}o", "o|"),
    "one-to-many": ("|o", "o{"),
    "one-to-one": ("|o", "o|"),
}
_WORD = re.compile(r"(?![PFU]K)[A-Za-z][A-Za-z0-9_]*", re.IGNORECASE)  # PK is a mark there
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_()\[\]]*")


def schema_mermaid(catalog: Catalog) -> str:
    """An erDiagram. A property's name that Mermaid does not take stands as a comment."""
    lines = ["erDiagram"]
    names = {name: f"v{number}" for number, name in enumerate(catalog.vertices, start=1)}
    for name, vertex in catalog.vertices.items():
        lines.append(f'  {names[name]}["{mermaid(name)}"] {{')
        lines += [f"    {_attribute(p, type_, key=p == vertex.key)}"
                  for p, type_ in _key_first(vertex.key, vertex.properties)]  # fmt: skip
        lines.append("  }")
    for name, edge in catalog.edges.items():
        left, right = _ENDS[edge.multiplicity]
        label = mermaid(_told(name, edge))
        lines += [f'  {names[a]} {left}--{right} {names[b]} : "{label}"' for a, b in edge.pairs]
    return "\n".join(lines) + "\n"


def _attribute(name: str, type_: str, *, key: bool) -> str:
    shown = type_ if _TYPE.fullmatch(type_) else "other"
    mark = " PK" if key else ""
    if _WORD.fullmatch(name):
        return f"{shown} {name}{mark}"
    plain = re.sub(r"[^A-Za-z0-9]", "_", name)
    return f'{shown} p_{plain}{mark} "{mermaid(name)}"'


def schema_dot(catalog: Catalog) -> str:
    """A digraph: a record for each vertex type, its key first, an arrow for each pair of ends."""
    lines = ["digraph schema {", "  node [shape=box];"]
    names = {name: f"v{number}" for number, name in enumerate(catalog.vertices, start=1)}
    for name, vertex in catalog.vertices.items():
        told = [name, ""]
        told += [f"{p}: {type_}{' (key)' if p == vertex.key else ''}"
                 for p, type_ in _key_first(vertex.key, vertex.properties)]  # fmt: skip
        lines.append(f"  {names[name]} [label={_left(told)}];")
    for name, edge in catalog.edges.items():
        tail, head = _arrow(edge)
        lines += [
            f"  {names[a]} -> {names[b]} [label={dot(_told(name, edge))}, dir=both, "
            f"arrowtail={tail}, arrowhead={head}];"
            for a, b in edge.pairs
        ]
    return "\n".join([*lines, "}"]) + "\n"


def _left(lines: list[str]) -> str:
    """Several lines in one label, each to the left."""
    return '"' + "".join(f"{dot(line)[1:-1]}\\l" for line in lines) + '"'


def _arrow(edge: EdgeTable) -> tuple[str, str]:
    """How the ends of an arrow look: a crow's foot where there are many."""
    tail, _, head = edge.multiplicity.partition("-to-")
    return ("crow" if tail == "many" else "tee"), ("crow" if head == "many" else "tee")


def _told(name: str, edge: EdgeTable) -> str:
    inside = ", ".join(f"{p} {type_}" for p, type_ in edge.properties.items())
    return f"{name} ({inside})" if inside else name


def _key_first(key: str, properties: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield key, properties[key]
    yield from ((name, type_) for name, type_ in properties.items() if name != key)
