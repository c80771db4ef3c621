"""SQLite's part of the process that does the work (reconciler/embedded/host.py).

Standard library only: it runs in the engine's own runtime, where nothing of gsctl is installed.
"""

from __future__ import annotations

import csv
import itertools
import json
import os
import sqlite3
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Answer = tuple[list[str], Iterable[tuple[Any, ...]]]  # names of columns, and rows
FILE = "graph.db"


class Anything(dict[str, None]):
    """For explaining: a query fits whatever its parameters will be."""

    def __missing__(self, name: str) -> None:
        return


def open(folder: str, mode: str) -> sqlite3.Connection:  # noqa: A001  the name is the contract's
    """`rw` holds the file to itself until it is closed, so that nobody writes beside us."""
    path = urllib.parse.quote(os.path.join(folder, FILE))
    if mode != "rw":
        return sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    os.makedirs(folder, exist_ok=True)
    opened = sqlite3.connect(f"file:{path}", uri=True, isolation_level=None, timeout=0.5)
    try:
        opened.execute("PRAGMA locking_mode = EXCLUSIVE")
        opened.execute("BEGIN EXCLUSIVE")
        opened.execute("CREATE TABLE IF NOT EXISTS _gsctl (start INT, text TEXT)")
        opened.execute("COMMIT")
    except sqlite3.Error:
        opened.close()
        raise
    return opened


def execute(
    opened: sqlite3.Connection, query: str, parameters: Mapping[str, Any], write: bool
) -> Answer:
    """Names of columns, and rows."""
    verb, _, rest = query.partition(" ")
    if verb in DONE_HERE:
        return DONE_HERE[verb](opened, json.loads(rest or "{}"))
    opened.execute(f"PRAGMA query_only = {int(not write)}")
    cursor = opened.execute(query, Anything() if verb == "EXPLAIN" else parameters)
    return [column[0] for column in cursor.description or ()], cursor


def begin(opened: sqlite3.Connection) -> None:
    opened.execute("PRAGMA query_only = 0")
    opened.execute("BEGIN IMMEDIATE")


def commit(opened: sqlite3.Connection) -> None:
    opened.execute("COMMIT")


def rollback(opened: sqlite3.Connection) -> None:
    if opened.in_transaction:
        opened.execute("ROLLBACK")


def close(opened: sqlite3.Connection) -> None:
    opened.close()


def schema(opened: sqlite3.Connection) -> dict[str, Any]:
    """Every table: its columns (name, type, whether it is the key), and what its ends refer to."""
    found = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = [name for (name,) in found if not name.startswith(("_gsctl", "sqlite_"))]
    record = opened.execute("SELECT text FROM _gsctl ORDER BY start").fetchall()
    return {
        "tables": {
            name: {
                "columns": opened.execute(
                    "SELECT name, type, pk FROM pragma_table_info(?)", (name,)
                ).fetchall(),
                "ends": dict(
                    opened.execute(
                        'SELECT "from", "table" FROM pragma_foreign_key_list(?)', (name,)
                    )
                ),
            }
            for name in names
        },
        "record": "".join(text for (text,) in record),
    }


def _copy(opened: sqlite3.Connection, told: Mapping[str, Any]) -> Answer:
    """Bring a CSV file that was checked into a table."""
    csv.field_size_limit(1 << 24)
    name = told["table"].replace('"', '""')
    width = len(opened.execute("SELECT 1 FROM pragma_table_info(?)", (told["table"],)).fetchall())
    insert = f'INSERT INTO "{name}" VALUES ({", ".join("?" * width)})'
    with os.fdopen(os.open(told["path"], os.O_RDONLY), encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, delimiter=told["delimiter"], strict=True)
        found = (row for row in itertools.islice(rows, int(told["header"]), None) if row)
        opened.executemany(insert, found)
    return [], []


def _write(opened: sqlite3.Connection, told: Mapping[str, Any]) -> Answer:
    """Write the answer to a query to a CSV file with a header."""
    path = os.open(told["path"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(["key"])
        writer.writerows(opened.execute(told["query"]))
    return [], []


def _nothing(_opened: sqlite3.Connection, _told: Mapping[str, Any]) -> Answer:
    return [], []


DONE_HERE: Mapping[str, Callable[[sqlite3.Connection, Mapping[str, Any]], Answer]] = {
    ".copy": _copy,
    ".write": _write,
    "CHECKPOINT": _nothing,
}
