"""NeuG's statements. Every name was checked before it came here; it is quoted all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.engines.neug.codec import PREFIX, encode
from reconciler.model.catalog import Catalog, Pair
from reconciler.model.record import Record
from reconciler.model.step import (
    AddProperty,
    CatalogOp,
    CreateType,
    DropProperty,
    DropType,
    RenameProperty,
)
from reconciler.model.types import PropertyType

_TYPES = {
    "bool": "BOOL", "int32": "INT32", "int64": "INT64", "uint32": "UINT32", "uint64": "UINT64",
    "float": "FLOAT", "double": "DOUBLE", "date": "DATE", "timestamp": "TIMESTAMP",
    "interval": "INTERVAL",
}  # fmt: skip

_ZEROS = {
    "bool": "false", "int32": "0", "int64": "0", "uint32": "0", "uint64": "0", "float": "0.0",
    "double": "0.0", "string": "''", "date": "date('1970-01-01')",
    "timestamp": "timestamp('1970-01-01 00:00:00')",
}  # fmt: skip


def quoted(name: str) -> str:
    """A name as Cypher takes it, whatever word it is."""
    return f"`{name.replace('`', '')}`"


def literal(text: str) -> str:
    """A string between double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def spelled(type_: str, width: int | None) -> str:
    """A type as NeuG writes it; `width` in bytes for a string."""
    parsed = PropertyType.parse(type_)
    plain = f"VARCHAR({width})" if parsed.name == "string" else _TYPES[parsed.name]
    return plain + ("[]" if parsed.many else "")


def statements(
    ops: Iterable[CatalogOp], catalog: Catalog, widths: Mapping[str, int]
) -> Iterator[str]:
    """What changes the types, in order. Never with IF [NOT] EXISTS, which hides a difference."""
    for op in ops:
        match op:
            case CreateType():
                yield create(op.type, catalog, widths)
            case DropType():
                yield f"DROP TABLE {quoted(op.type)}"
            case AddProperty():
                type_ = catalog.properties(op.type)[op.name]
                spelling = spelled(type_, widths.get(f"{op.type}.{op.name}"))
                yield f"ALTER TABLE {quoted(op.type)} ADD {quoted(op.name)} {spelling}"
            case DropProperty():
                yield f"ALTER TABLE {quoted(op.type)} DROP {quoted(op.name)}"
            case RenameProperty():
                names = f"{quoted(op.old)} TO {quoted(op.new)}"
                yield f"ALTER TABLE {quoted(op.type)} RENAME {names}"


def create(type_: str, catalog: Catalog, widths: Mapping[str, int]) -> str:
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


def in_order(type_: str, catalog: Catalog) -> list[tuple[str, str]]:
    """A type's properties as its table's columns: the key first, for COPY goes by position."""
    properties = dict(catalog.properties(type_))
    vertex = catalog.vertices.get(type_)
    first = [(vertex.key, properties.pop(vertex.key))] if vertex else []
    return [*first, *properties.items()]


def record_swap(old: Iterable[str], record: Record) -> Iterator[str]:
    """Replace our record: drop the types that held the old one, make those of the new."""
    yield from (f"DROP TABLE {quoted(name)}" for name in old)
    for name in encode(record):
        yield f"CREATE NODE TABLE {quoted(name)}({PREFIX}k INT64, PRIMARY KEY({PREFIX}k))"


def copy_from(type_: str, path: str, pair: Pair | None, delimiter: str, *, header: bool) -> str:
    """Bring a CSV file into a table, by position; a missing table is an error."""
    options = [
        f"header={str(header).lower()}",
        f"delim={literal(delimiter)}",
        "auto_detect=false",
        "escaping=false",
    ]  # a backslash is a backslash, as csv has it
    if pair:
        options += [f"from={literal(pair[0])}", f"to={literal(pair[1])}"]
    return f"COPY {quoted(type_)} FROM {literal(path)} ({', '.join(options)})"


def count(type_: str, pair: Pair | None) -> str:
    """How many rows a vertex type has, or an edge type between one pair."""
    if pair is None:
        return f"MATCH (n:{quoted(type_)}) RETURN count(n) AS rows"
    ends = f"(:{quoted(pair[0])})-[e:{quoted(type_)}]->(:{quoted(pair[1])})"
    return f"MATCH {ends} RETURN count(e) AS rows"


def by_hand(type_: str, pair: Pair | None, name: str, kind: str) -> str | None:
    """How many rows have another value than the type's zero; None where that cannot be asked."""
    zero = _ZEROS.get(PropertyType.parse(kind).name)
    if zero is None or PropertyType.parse(kind).many:
        return None
    match = f"MATCH (x:{quoted(type_)})"
    if pair:
        match = f"MATCH (:{quoted(pair[0])})-[x:{quoted(type_)}]->(:{quoted(pair[1])})"
    return f"{match} WHERE x.{quoted(name)} <> {zero} RETURN count(x) AS rows"


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
