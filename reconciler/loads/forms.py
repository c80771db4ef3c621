"""The strict form of each type, as SQL that is true of a value at fault.

Looser readers alter values without a word: `1.6` to 2, `2024-02-30` to March, `012` to 12. Only
text that every reader takes for the same value passes.
"""

from __future__ import annotations

from reconciler.loads.check import CsvReading
from reconciler.model.types import PropertyType

INTEGERS = {"int32": "INTEGER", "int64": "BIGINT", "uint32": "UINTEGER", "uint64": "UBIGINT"}
FLOATS = {"float": "FLOAT", "double": "DOUBLE"}
BOOLEANS = ("true", "false", "True", "False", "TRUE", "FALSE")
ZEROS = {
    "bool": "false", "int32": "0", "int64": "0", "uint32": "0", "uint64": "0", "float": "0.0",
    "double": "0.0", "string": "", "date": "1970-01-01", "timestamp": "1970-01-01 00:00:00",
    "interval": "0 days",
}  # fmt: skip
_INTEGER = r"(0|-?[1-9]\d*)"
_FLOAT = r"-?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_BOOLEAN = "(true|false)"
_CLOCK = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,3})?Z?"  # NeuG keeps milliseconds
_TIMESTAMP = rf"\d{{4}}-\d\d-\d\d([ T]{_CLOCK})?"
# Each unit once, largest first, so bounded that the sum fits an engine's months, days, micros.
_UNITS = (
    ("year", 6), ("month", 6), ("week", 6), ("day", 6), ("hour", 8), ("minute", 9),
    ("second", 9), ("millisecond", 12), ("microsecond", 15),
)  # fmt: skip
_INTERVAL = "".join(rf"(\d{{1,{digits}}} {unit}s? )?" for unit, digits in _UNITS)
BLANK_CHARACTERS = "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)"


def text(value: str) -> str:
    """`value` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def zero(type_: PropertyType) -> str:
    """The text of a type's zero, which stands for a null."""
    return "[]" if type_.many else ZEROS[type_.name]


def faulty(type_: PropertyType, value: str, reading: CsvReading) -> str:
    """SQL that is true when `value` (SQL of a VARCHAR) is not in the strict form of `type_`."""
    if type_.many:
        return _faulty_list(type_.name, value)
    if sql := INTEGERS.get(type_.name):
        return f"coalesce(TRY_CAST({value} AS {sql})::VARCHAR <> {value}, true)"
    if sql := FLOATS.get(type_.name):
        return (
            f"(NOT coalesce(isfinite(TRY_CAST({value} AS {sql})), false)"
            f" OR NOT regexp_full_match({value}, {text(_FLOAT)}))"
        )
    match type_.name:
        case "bool":
            sql = f"{value} NOT IN ({', '.join(map(text, BOOLEANS))})"
        case "date":
            sql = _faulty_date(value, reading)
        case "timestamp":
            sql = (
                f"(TRY_CAST({value} AS TIMESTAMP) IS NULL OR {value} < '0001'"
                f" OR NOT regexp_full_match({value}, {text(_TIMESTAMP)}))"
            )
        case "interval":
            sql = f"({value} = '' OR NOT regexp_full_match({value} || ' ', {text(_INTERVAL)}))"
        case _:
            sql = "false"
    return sql


def _faulty_date(value: str, reading: CsvReading) -> str:
    first, last = text(reading.first_date), text(reading.last_date)
    return (
        f"(coalesce(TRY_CAST({value} AS DATE)::VARCHAR <> {value}, true)"
        f" OR strlen({value}) <> 10 OR {value} < {first} OR {value} > {last})"
    )


def _faulty_list(element: str, value: str) -> str:
    pattern = _BOOLEAN if element == "bool" else _INTEGER if element in INTEGERS else _FLOAT
    shape = rf"\[({pattern}(, ?{pattern})*)?\]"
    unmatched = f"NOT regexp_full_match({value}, {text(shape)})"
    if element == "bool":
        return unmatched
    sql = (INTEGERS | FLOATS)[element]
    bad = "e IS NULL" if element in INTEGERS else "e IS NULL OR NOT isfinite(e)"
    lost = f"len(list_filter(TRY_CAST({value} AS {sql}[]), lambda e: {bad})) > 0"
    return f"({unmatched} OR coalesce({lost}, true))"
