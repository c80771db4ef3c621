"""NeuG's own statements. Every name was checked before it came here; it is quoted all the same."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.embedded.cypher import literal, matching, quoted
from reconciler.embedded.dialect import Schema
from reconciler.engines.neug.catalog import read
from reconciler.engines.neug.codec import PREFIX, encode
from reconciler.loads.check import CsvReading
from reconciler.model.catalog import Pair
from reconciler.model.record import Record
from reconciler.model.types import PropertyType

__all__ = [
    "CSV",
    "KEYS_ESCAPE",
    "ROWS_FIRST",
    "by_hand",
    "copy_from",
    "read",
    "record_swap",
    "spelled",
]

CSV = CsvReading()
KEYS_ESCAPE = "\\"
ROWS_FIRST = False

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


def spelled(type_: str, width: int | None) -> str:
    """A type as NeuG writes it; `width` in bytes for a string."""
    parsed = PropertyType.parse(type_)
    plain = f"VARCHAR({width})" if parsed.name == "string" else _TYPES[parsed.name]
    return plain + ("[]" if parsed.many else "")


def record_swap(schema: Schema, record: Record) -> Iterator[str]:
    """Replace our record: drop the types that held the old one, make those of the new."""
    names = (str(type_["type_name"]) for type_ in schema["schema"]["vertex_types"] or ())
    yield from (f"DROP TABLE {quoted(name)}" for name in names if name.startswith(PREFIX))
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


def by_hand(type_: str, pair: Pair | None, name: str, kind: str) -> str | None:
    """How many rows have another value than the type's zero; None where that cannot be asked."""
    zero = _ZEROS.get(PropertyType.parse(kind).name)
    if zero is None or PropertyType.parse(kind).many:
        return None
    return f"{matching('x', type_, pair)} WHERE x.{quoted(name)} <> {zero} RETURN count(x) AS rows"
