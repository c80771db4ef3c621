"""The keys of vertex types, kept for the edges that are checked after them."""

# ruff: noqa: S608  names in SQL are ours, values go through forms.text

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.loads.check import ExistingKeys, TypeCheck
from reconciler.loads.forms import text
from reconciler.loads.relation import identity

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(slots=True)
class KeyTables:
    """Tables of one column `id`, by vertex type; None where not all keys are known."""

    connection: DuckDBPyConnection
    _tables: dict[str, str | None] = field(default_factory=dict)
    _live: dict[str, str] = field(default_factory=dict)  # by file
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _made: list[str] = field(default_factory=list)

    def of_end(self, check: TypeCheck, type_: str, key_type: str) -> str | None:
        """The table for an end of an edge. Raises LookupError when nothing tells its keys."""
        if type_ not in self._tables:
            if type_ not in check.existing:
                raise LookupError(f"{check.type}: the keys of {type_} were not given")
            self._tables[type_] = self.live(check.existing[type_], key_type)
        return self._tables[type_]

    def live(self, existing: ExistingKeys, key_type: str) -> str:
        """A table of the keys in a file, read once."""
        if existing.path in self._live:
            return self._live[existing.path]
        source = (
            f"read_csv({text(existing.path)}, delim={text(existing.delimiter)}, quote='\"',"
            f" escape={text(existing.escape)}, header={str(existing.header).lower()},"
            " columns={'k': 'VARCHAR'}, auto_detect=false, parallel=false,"
            " nullstr='\x01gsctl\x01', allow_quoted_nulls=false)"
        )
        table = self.new(f"SELECT {identity(key_type, 'k')} AS id FROM {source}")
        self._live[existing.path] = table
        return table

    def keep(self, type_: str, select: str, live: str | None, *, whole: bool) -> None:
        """Remember the keys of a type: those that `select` gives, and the `live` ones."""
        more = f" UNION ALL SELECT id FROM {live}" if live else ""
        rows = f"SELECT id FROM ({select}) WHERE id IS NOT NULL"
        self._tables[type_] = self.new(rows + more) if whole else None

    def drop(self) -> None:
        """Remove every table made here."""
        for name in self._made:
            self.connection.execute(f"DROP TABLE IF EXISTS {name}")
        self._made.clear()

    def new(self, select: str) -> str:
        """A table of what `select` gives."""
        name = f"keys_{next(self._numbers)}"
        self._made.append(name)
        self.connection.execute(f"CREATE TABLE {name} AS {select}")
        return name
