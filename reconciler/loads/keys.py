"""The keys of vertex types, kept for the edges that are checked after them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.loads.check import ExistingKeys, TypeCheck
from reconciler.loads.forms import text
from reconciler.loads.relation import identity

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(slots=True)
class KeyTables:
    """Tables of one column `id`, by vertex type. `None` marks a type whose keys are not all known."""

    connection: DuckDBPyConnection
    _tables: dict[str, str | None] = field(default_factory=dict)

    def of_end(self, check: TypeCheck, type_: str, key_type: str) -> str | None:
        """The table for an end of an edge. Raises LookupError when nothing tells its keys."""
        if type_ not in self._tables:
            if type_ not in check.existing:
                raise LookupError(f"{check.type}: the keys of {type_} were not given")
            self._tables[type_] = self.live(check.existing[type_], key_type)
        return self._tables[type_]

    def live(self, existing: ExistingKeys, key_type: str) -> str:
        """A new table of the keys in a file."""
        source = (
            f"read_csv({text(existing.path)}, delim={text(existing.delimiter)}, quote='\"',"
            f" escape={text(existing.escape)}, header={str(existing.header).lower()},"
            " columns={'k': 'VARCHAR'}, auto_detect=false, parallel=false,"
            " nullstr='\x01gsctl\x01', allow_quoted_nulls=false)"
        )
        return self.new(f"SELECT {identity(key_type, 'k')} AS id FROM {source}")

    def keep(self, type_: str, select: str, live: str | None, *, whole: bool) -> None:
        """Remember the keys of a type: those that `select` gives, and the `live` ones."""
        more = f" UNION ALL SELECT id FROM {live}" if live else ""
        rows = f"SELECT id FROM ({select}) WHERE id IS NOT NULL"
        self._tables[type_] = self.new(rows + more) if whole else None

    def new(self, select: str) -> str:
        """A table of what `select` gives."""
        found = self.connection.execute("SELECT count(*) FROM duckdb_tables()").fetchone()
        name = f"keys_{found[0] if found else 0}"
        while self.connection.execute(
            "SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [name]
        ).fetchone():
            name += "_"
        self.connection.execute(f"CREATE TABLE {name} AS {select}")
        return name
