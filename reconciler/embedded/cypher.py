"""Questions that every engine here takes in the same words. Names are quoted, whatever they are."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.catalog import Catalog, Pair


def quoted(name: str) -> str:
    """A name as Cypher takes it, whatever word it is."""
    return f"`{name.replace('`', '')}`"


def literal(text: str) -> str:
    """A string between double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def in_order(type_: str, catalog: Catalog) -> list[tuple[str, str]]:
    """A type's properties as its table's columns: the key first, for COPY goes by position."""
    properties = dict(catalog.properties(type_))
    vertex = catalog.vertices.get(type_)
    first = [(vertex.key, properties.pop(vertex.key))] if vertex else []
    return [*first, *properties.items()]


def matching(variable: str, type_: str, pair: Pair | None) -> str:
    """All vertices of a type, or its edges between one pair, under a name."""
    if pair is None:
        return f"MATCH ({variable}:{quoted(type_)})"
    return f"MATCH (:{quoted(pair[0])})-[{variable}:{quoted(type_)}]->(:{quoted(pair[1])})"


def count(type_: str, pair: Pair | None) -> str:
    """How many rows a vertex type has, or an edge type between one pair."""
    return f"{matching('x', type_, pair)} RETURN count(x) AS rows"


def keys_to(type_: str, key: str, path: str) -> str:
    """Write the keys of a vertex type to a CSV file with a header."""
    query = f"MATCH (n:{quoted(type_)}) RETURN n.{quoted(key)}"
    return f"COPY ({query}) TO {literal(path)} (header=true, delim=',')"


def vertices(type_: str, columns: Iterable[str], key: str) -> str:
    """All vertices of a type, by key."""
    values = ", ".join(f"n.{quoted(name)} AS c{i}" for i, name in enumerate(columns))
    return f"MATCH (n:{quoted(type_)}) RETURN {values} ORDER BY n.{quoted(key)}"


def edges(type_: str, pair: Pair, keys: Pair, columns: Iterable[str]) -> str:
    """All edges of a type between one pair, with the keys of both ends first."""
    values = [f"a.{quoted(keys[0])} AS c0", f"b.{quoted(keys[1])} AS c1"]
    values += [f"e.{quoted(name)} AS c{i}" for i, name in enumerate(columns, start=2)]
    match = f"MATCH (a:{quoted(pair[0])})-[e:{quoted(type_)}]->(b:{quoted(pair[1])})"
    return f"{match} RETURN {', '.join(values)} ORDER BY c0, c1"


def crowded(type_: str, pair: Pair, key: str, *, end: str) -> str:
    """The keys of vertices with more than one edge at their `end`, and how many, at most three."""
    vertex, other = (f"(v:{quoted(pair[0])})", f"(:{quoted(pair[1])})")
    if end == "to":
        vertex, other = (f"(:{quoted(pair[0])})", f"(v:{quoted(pair[1])})")
    return (f"MATCH {vertex}-[e:{quoted(type_)}]->{other} WITH v.{quoted(key)} AS k, "
            "count(e) AS edges WHERE edges > 1 RETURN k, edges ORDER BY k LIMIT 3")  # fmt: skip
