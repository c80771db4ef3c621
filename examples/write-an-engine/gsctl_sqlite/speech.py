"""What SQLite is told, and its tables in gsctl's words.

A statement that begins with a dot is none of SQL: `host` does it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.copies.marks import Unreadable
from reconciler.embedded.cypher import in_order
from reconciler.embedded.dialect import Reading, Schema
from reconciler.loads.check import CsvReading
from reconciler.loads.forms import zero
from reconciler.model.catalog import Catalog, EdgeTable, Pair, VertexTable
from reconciler.model.catalog_op import (
    AddProperty,
    CatalogOp,
    CreateType,
    DropProperty,
    DropType,
    RenameProperty,
    RenameType,
)
from reconciler.model.record import NewerFormat, Record
from reconciler.model.types import PropertyType

Spelling = Callable[[str, int | None], str]
FROM, TO = ":from", ":to"
# How values are kept, by SQLite's rule for a column's type; TEXT for all others.
_KEPT = {"int32": "INT", "int64": "INT", "uint32": "INT", "float": "REAL", "double": "REAL"}
_CHUNK = 500_000  # characters of a statement, which may have a million

CSV = CsvReading(blanks=True, first_date="0001-01-01", last_date="9999-12-31")
KEYS_ESCAPE = '"'
ROWS_FIRST = False


def quoted(name: str) -> str:
    """A name, whatever word it is."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text."""
    return "'" + text.replace("'", "''") + "'"


def spelled(type_: str, width: int | None) -> str:  # noqa: ARG001  strings have no width here
    """A type as the type of a column, from which `read` has it back: `"TEXT string(8)"`."""
    # Whatever has `int` in it SQLite keeps as a whole number, `uint64` as one that loses digits.
    return quoted(f"{_KEPT.get(type_, 'TEXT')} {type_.replace('int', 'in|t')}")


# --- types -------------------------------------------------------------------------------------


def statements(
    ops: Iterable[CatalogOp], catalog: Catalog, widths: Mapping[str, int], spelling: Spelling
) -> Iterator[str]:
    """What changes the types, in order."""
    for op in ops:
        match op:
            case CreateType():
                yield create(op.type, catalog, widths, spelling)
            case DropType():
                yield drop(op.type)
            case AddProperty():
                column = _column(op.name, catalog.properties(op.type)[op.name], spelling)
                yield f"ALTER TABLE {quoted(op.type)} ADD COLUMN {column}"
            case DropProperty():
                yield f"ALTER TABLE {quoted(op.type)} DROP COLUMN {quoted(op.name)}"
            case RenameProperty():
                names = f"{quoted(op.old)} TO {quoted(op.new)}"
                yield f"ALTER TABLE {quoted(op.type)} RENAME COLUMN {names}"
            case RenameType():
                yield f"ALTER TABLE {quoted(op.old)} RENAME TO {quoted(op.new)}"


def create(type_: str, catalog: Catalog, _widths: Mapping[str, int], spelling: Spelling) -> str:
    """A table: of an edge type its ends come first, of a vertex type its key."""
    columns = [_column(name, text, spelling) for name, text in in_order(type_, catalog)]
    if type_ in catalog.vertices:
        columns[0] += " PRIMARY KEY"
    else:
        for name, vertex in zip((TO, FROM), reversed(catalog.edges[type_].pairs[0]), strict=True):
            key = catalog.vertices[vertex].key
            kept = spelling(catalog.vertices[vertex].properties[key], None)
            target = f"{quoted(vertex)}({quoted(key)})"
            columns.insert(0, f"{quoted(name)} {kept} REFERENCES {target}")
    return f"CREATE TABLE {quoted(type_)}({', '.join(columns)})"


def drop(type_: str) -> str:
    """The table goes with its rows."""
    return f"DROP TABLE {quoted(type_)}"


def _column(name: str, type_: str, spelling: Spelling) -> str:
    default = literal(zero(PropertyType.parse(type_)))
    return f"{quoted(name)} {spelling(type_, None)} NOT NULL DEFAULT {default}"


# --- rows --------------------------------------------------------------------------------------


def copy_from(type_: str, path: str, _pair: Pair | None, delimiter: str, *, header: bool) -> str:
    """Bring a CSV file into a table, by position."""
    told = {"table": type_, "path": path, "delimiter": delimiter, "header": header}
    return f".copy {json.dumps(told)}"


def keys_to(type_: str, key: str, path: str) -> str:
    """Write the keys of a vertex type to a CSV file."""
    query = f"SELECT {quoted(key)} FROM {quoted(type_)}"
    return f".write {json.dumps({'query': query, 'path': path})}"


def count(type_: str, _pair: Pair | None) -> str:
    """How many rows a type has."""
    return f"SELECT count(*) AS n FROM {quoted(type_)}"


def by_hand(type_: str, _pair: Pair | None, name: str, kind: str) -> str:
    """How many rows have another value than the type's zero."""
    nothing = literal(zero(PropertyType.parse(kind)))
    return f"{count(type_, None)} WHERE {quoted(name)} <> {nothing}"


def vertices(type_: str, columns: Iterable[str], key: str) -> str:
    """All vertices of a type, by key."""
    return f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(type_)} ORDER BY {quoted(key)}"


def edges(type_: str, _pair: Pair, _keys: Pair, columns: Iterable[str]) -> str:
    """All edges of a type, by their ends."""
    values = ", ".join(map(quoted, (FROM, TO, *columns)))
    return f"SELECT {values} FROM {quoted(type_)} ORDER BY {quoted(FROM)}, {quoted(TO)}"


def crowded(type_: str, _pair: Pair, _key: str, *, end: str) -> str:
    """The keys of vertices with several edges at their `end`, and how many."""
    column = quoted(f":{end}")
    return (f"SELECT {column}, count(*) FROM {quoted(type_)} GROUP BY {column} HAVING count(*) > 1"
            f" ORDER BY {column} LIMIT 3")  # fmt: skip


# --- what is read back -------------------------------------------------------------------------


def record_swap(_schema: Schema, record: Record) -> Iterator[str]:
    """Replace our record, in the transaction that is open."""
    text = json.dumps(record.plain(), sort_keys=True)
    yield "DELETE FROM _gsctl"
    for start in range(0, len(text), _CHUNK):
        yield f"INSERT INTO _gsctl VALUES ({start}, {literal(text[start : start + _CHUNK])})"


def read(schema: Schema) -> Reading:
    """Tables as types: one whose ends refer to others is an edge type. Raises Unreadable."""
    record = _record(str(schema["record"]))
    several = record.multiplicities if record else {}
    vertices: dict[str, VertexTable] = {}
    edges: dict[str, EdgeTable] = {}
    for name, table in schema["tables"].items():
        columns = {c: _declared(str(text)) for c, text, _ in table["columns"]}
        if not table["ends"]:
            vertices[name] = VertexTable(next(c for c, _, key in table["columns"] if key), columns)
            continue
        pair = (str(table["ends"][FROM]), str(table["ends"][TO]))
        properties = {c: t for c, t in columns.items() if c not in (FROM, TO)}
        edges[name] = EdgeTable((pair,), properties, several.get(name, "many-to-many"))
    return Reading(Catalog(vertices, edges), {}, record)


def _declared(spelling: str) -> str:
    """The inverse of `spelled`."""
    return spelling.partition(" ")[2].replace("in|t", "int")


def _record(text: str) -> Record | None:
    try:
        return Record.from_plain(json.loads(text)) if text else None
    except NewerFormat as error:
        raise Unreadable(str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"our record is damaged ({error})") from error
