"""Ladybug's own statements, and its catalog in the contract's words.

Our record is the comment of an empty table: no query of a user meets it, and it is committed with
the statements beside it. Rows are not: see `ROWS_FIRST`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.copies.marks import Unreadable
from reconciler.embedded.cypher import literal, matching, quoted
from reconciler.embedded.dialect import Reading, Schema
from reconciler.engines.ladybug.traits import TRAITS
from reconciler.loads.check import CsvReading
from reconciler.model.catalog import Catalog, EdgeTable, Pair, VertexTable
from reconciler.model.record import NewerFormat, Record
from reconciler.model.types import PropertyType

OURS = "_gsctl"
CSV = CsvReading(
    blanks=True,
    first_date="0001-01-01",
    last_date="9999-12-31",
    lists=("bool", "int32", "int64", "uint32", "uint64", "float", "double"),
    nulls=TRAITS.nulls,
)
KEYS_ESCAPE = '"'
# COPY writes its pages at once and logs nothing: a commit is whole only with the next checkpoint,
# while a record in the same transaction would come back from the log alone.
ROWS_FIRST = True

_ABSENT = "\x01gsctl\x01"  # without a text for it COPY takes every empty string for a null
_TYPES = {
    "bool": "BOOL", "int32": "INT32", "int64": "INT64", "uint32": "UINT32", "uint64": "UINT64",
    "float": "FLOAT", "double": "DOUBLE", "string": "STRING", "date": "DATE",
    "timestamp": "TIMESTAMP",
}  # fmt: skip
_NAMES = {theirs: name for name, theirs in _TYPES.items()}


def spelled(type_: str, _width: int | None) -> str:
    """A type as Ladybug writes it: strings have no width."""
    parsed = PropertyType.parse(type_)
    return _TYPES[parsed.name] + ("[]" if parsed.many else "")


def copy_from(type_: str, path: str, pair: Pair | None, delimiter: str, *, header: bool) -> str:
    """Bring a CSV file into a table. Not in parallel: that cannot read a line break in quotes."""
    options = [
        f"header={str(header).lower()}",
        f"delim={literal(delimiter)}",
        "quote='\"'",
        "escape='\"'",
        "auto_detect=false",
        "parallel=false",
        f"null_strings=[{literal(_ABSENT)}]",
    ]
    if pair:
        options += [f"from={literal(pair[0])}", f"to={literal(pair[1])}"]
    return f"COPY {quoted(type_)} FROM {literal(path)} ({', '.join(options)})"


def by_hand(type_: str, pair: Pair | None, name: str, _kind: str) -> str:
    """How many rows have a value."""
    return (
        f"{matching('x', type_, pair)} WHERE x.{quoted(name)} IS NOT NULL RETURN count(x) AS rows"
    )


def record_swap(schema: Schema, record: Record) -> Iterator[str]:
    """Write our record over the one before it."""
    if all(table["name"] != OURS for table in schema["tables"]):
        yield f"CREATE NODE TABLE {quoted(OURS)}(k INT64, PRIMARY KEY(k))"
    text = json.dumps(record.plain(), sort_keys=True, separators=(",", ":"))
    yield f"COMMENT ON TABLE {quoted(OURS)} IS {literal(text)}"


def read(schema: Schema) -> Reading:
    """Make sense of what the host says of a database's tables. Raises Unreadable."""
    tables = [table for table in schema["tables"] if table["name"] != OURS]
    record = _record(schema)
    strings = {name: text for name, (text, _) in record.strings.items()} if record else {}
    several = record.multiplicities if record else {}
    vertices = {
        str(t["name"]): VertexTable(_key(t), _properties(t, strings))
        for t in tables
        if t["kind"] == "NODE"
    }
    edges = {
        str(t["name"]): EdgeTable(
            tuple((str(a), str(b)) for a, b in t["pairs"]),
            _properties(t, strings),
            several.get(str(t["name"]), "many-to-many"),
        )
        for t in tables
        if t["kind"] == "REL"
    }
    return Reading(Catalog(vertices, edges), {}, record)


def _key(table: Mapping[str, Any]) -> str:
    return next(str(name) for name, _, key in table["properties"] if key)


def _properties(table: Mapping[str, Any], strings: Mapping[str, str]) -> Mapping[str, str]:
    return {
        str(name): _type(str(text), strings.get(f"{table['name']}.{name}"))
        for name, text, _ in table["properties"]
    }


def _type(text: str, declared: str | None) -> str:
    """A type in the contract's words; a string's limit is ours, and only our record knows it."""
    name = text.removesuffix("[]")
    told = _NAMES.get(name, name) + text[len(name) :]
    return declared if declared and told == "string" else told


def _record(schema: Schema) -> Record | None:
    comment = next((t["comment"] for t in schema["tables"] if t["name"] == OURS), None)
    if comment is None:
        return None
    try:
        return Record.from_plain(json.loads(comment))
    except NewerFormat as error:
        raise Unreadable(str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"our record in the catalog is damaged ({error})") from error
