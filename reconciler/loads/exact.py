"""The exact way, over rows that csv has read: every fault counted, the first ones placed."""

# ruff: noqa: S608  names in SQL are ours, values go through forms.text

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.loads.check import PLACES
from reconciler.loads.fast import Tally, drops, present_ends, single_ends
from reconciler.loads.forms import INTEGERS
from reconciler.loads.relation import Group, Rule, identity, is_text, rules
from reconciler.loads.walk import Faults, excerpt
from reconciler.model.types import PropertyType

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from reconciler.loads.keys import KeyTables

SHOWN = 40  # characters of a value


class Exact:
    """Judges the rows of one group, as walked; `whole` when no row was lost on the walk."""

    def __init__(
        self, connection: DuckDBPyConnection, group: Group, relation: str, keys: KeyTables
    ) -> None:
        self._connection = connection
        self._group = group
        self._relation = relation
        self._keys = keys

    def vertices(self, faults: Faults, *, whole: bool) -> Tally:
        """Count faults into `faults`; keeps the type's keys."""
        group = self._group
        self._rows(faults)
        existing = group.check.existing.get(group.check.type)
        live = self._keys.live(existing, group.key_type) if existing else None
        skipped = self._duplicates(faults, live)
        relation = self._first_of_each(live) if skipped else self._relation
        tally = self._tally(relation)
        tally.skipped = skipped
        ids = f"SELECT {identity(group.key_type, 'a')} AS id FROM ({relation})"
        self._keys.keep(group.check.type, ids, live, whole=whole)
        return tally

    def edges(self, faults: Faults) -> Tally:
        """Count faults into `faults`. Ends are not looked for where keys are not all known."""
        self._rows(faults)
        relation, dropped = self._relation, 0
        present = present_ends(self._group, self._keys)
        if present is not None and drops(self._group):
            relation = f"SELECT * FROM ({self._relation}) WHERE {present}"
            dropped = self._count(f"SELECT 1 FROM ({self._relation}) WHERE NOT ({present})")
        elif present is not None:
            self._dangling(faults)
        for cell in single_ends(self._group):
            self._multiplicity(faults, cell, relation)
        tally = self._tally(relation)
        tally.dropped = 0 if self._group.check.options.limit is not None else dropped
        return tally

    def _rows(self, faults: Faults) -> None:
        wanted = rules(self._group)
        counts = ", ".join(f"count(*) FILTER ({rule.broken})" for rule in wanted) or "0"
        found = self._fetch(f"SELECT {counts} FROM ({self._relation})")[0]
        for rule, count in zip(wanted, found, strict=False):
            if count:
                self._broken(faults, rule, count)

    def _broken(self, faults: Faults, rule: Rule, count: int) -> None:
        select = f"SELECT f, line, {rule.cell} FROM ({self._relation}) WHERE {rule.broken}"
        shown = self._first(select, lambda value: _says(rule, value))
        faults.extend(rule.code, count, shown)

    def _duplicates(self, faults: Faults, live: str | None) -> int:
        """Count rows whose key was there before: as faults, or only so, when the first one wins."""
        again = f"{self._again('a')}"
        again_or_live = again
        if live:
            in_live = f"{identity(self._group.key_type, 'a')} IN (SELECT id FROM {live})"
            again_or_live = f"({again} OR {in_live})"
        select = (
            f"SELECT f, line, a FROM ({self._sound_keys('a', self._group.key_type)})"
            f" QUALIFY {again_or_live}"
        )
        count = self._count(select)
        if not count or self._group.check.options.on_duplicate_key == "first":
            return count
        key = self._group.check.key
        says = lambda value: f"`{key}` {_quoted(value)} is the key of a vertex before"  # noqa: E731  it belongs to this select
        faults.extend("LD203", count, self._first(select, says))
        return 0

    def _first_of_each(self, live: str | None) -> str:
        keep = f"NOT {self._again('a')}"
        if live:
            in_live = f"{identity(self._group.key_type, 'a')} IN (SELECT id FROM {live})"
            keep += f" AND NOT {in_live}"
        return f"SELECT * FROM ({self._relation}) QUALIFY {keep}"

    def _dangling(self, faults: Faults) -> None:
        for cell, type_, key_type in self._group.ends:
            table = self._keys.of_end(self._group.check, type_, key_type)
            sound = self._sound_keys(cell, key_type)
            missing = f"{identity(key_type, cell)} NOT IN (SELECT id FROM {table})"
            select = f"SELECT f, line, {cell} FROM ({sound}) WHERE {missing}"
            end = "from" if cell == "a" else "to"
            says = _missing(end, type_)
            if count := self._count(select):
                faults.extend("LD204", count, self._first(select, says))

    def _multiplicity(self, faults: Faults, cell: str, relation: str) -> None:
        select = f"SELECT f, line, {cell} FROM ({relation}) QUALIFY {self._again(cell)}"
        end = "from" if cell == "a" else "to"
        multiplicity = self._group.check.multiplicity
        says = lambda value: (  # noqa: E731  it belongs to this select
            f"`{end}` {_quoted(value)} has an edge before; the type is {multiplicity}"
        )
        if count := self._count(select):
            faults.extend("LD212", count, self._first(select, says))

    def _sound_keys(self, cell: str, key_type: str) -> str:
        """The rows whose key is in its form: others have their own fault already."""
        sound = f"{cell} <> ''"
        if sql := INTEGERS.get(PropertyType.parse(key_type).name):
            sound = f"TRY_CAST({cell} AS {sql})::VARCHAR = {cell}"
        return f"SELECT * FROM ({self._relation}) WHERE {sound}"

    def _again(self, cell: str) -> str:
        return f"row_number() OVER (PARTITION BY {cell} ORDER BY f, line) > 1"

    def _tally(self, relation: str) -> Tally:
        texts = [(c, name) for c, name, type_ in self._group.fed() if is_text(type_)]
        longest = "".join(f", coalesce(max(strlen({cell})), 0)" for cell, _ in texts)
        rows, *most = self._fetch(f"SELECT count(*){longest} FROM ({relation})")[0]
        ordered = f"SELECT * FROM ({relation}) ORDER BY f, line"
        return Tally(ordered, rows, {n: m for (_, n), m in zip(texts, most, strict=True)})

    def _count(self, select: str) -> int:
        count: int = self._fetch(f"SELECT count(*) FROM ({select})")[0][0]
        return count

    def _first(self, select: str, says: Any) -> list[tuple[int, int, str]]:
        rows = self._fetch(f"{select} ORDER BY f, line LIMIT {PLACES}")
        return [(file, line, says(value)) for file, line, value in rows]

    def _fetch(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()


def _says(rule: Rule, value: str) -> str:
    if rule.code == "LD207":
        return f"`{rule.label}` {rule.why}"
    return f"`{rule.label}`: {_quoted(value)} {rule.why}"


def _missing(end: str, type_: str) -> Any:
    return lambda value: f"`{end}` {_quoted(value)} is the key of no {type_}"


def _quoted(value: str) -> str:
    return f"`{excerpt(value, SHOWN)}`"
