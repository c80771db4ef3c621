"""The fast way: clean, with its counts, or not known."""

# ruff: noqa: S608  names in SQL are ours, values go through forms.text

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.loads.relation import Group, identity, is_text, rules

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from reconciler.loads.keys import KeyTables


@dataclass(slots=True)
class Tally:
    """What one group was found to hold. `relation` is SQL of the rows that the engine must hold."""

    relation: str = ""
    rows: int = 0
    longest: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    skipped: int = 0


def fast_vertices(
    connection: DuckDBPyConnection, group: Group, relation: str, lines: int, keys: KeyTables
) -> Tally | None:
    """Look at each row once; keeps the keys of a clean type. Spills beyond the memory limit."""
    texts = _texts(group)
    lengths = "".join(f", strlen({cell}) AS l{i}" for i, (cell, _) in enumerate(texts))
    seen = keys.new(
        f"SELECT {identity(group.key_type, 'a')} AS id, ({_any_rule(group)}) AS bad,"
        f" ragged, newlines{lengths} FROM ({relation})"
    )
    try:
        live = _live(group, keys)
        longest = "".join(f", coalesce(max(l{i}), 0)" for i in range(len(texts)))
        again = f"count(*) FILTER (id IN (SELECT id FROM {live}))" if live else "0"
        rows, all_lines, bad, repeated, *most = _row(
            connection,
            "SELECT count(*), count(*) + coalesce(sum(newlines), 0),"
            " count(*) FILTER (ragged OR coalesce(bad, true)),"
            f" count(*) - count(DISTINCT id) + {again}{longest} FROM {seen}",
        )
        if bad or repeated or all_lines != lines:
            return None
        keys.keep(group.check.type, f"SELECT id FROM {seen}", live, whole=True)
    finally:
        connection.execute(f"DROP TABLE {seen}")
    return Tally(relation, rows, _named(texts, most))


def fast_edges(
    connection: DuckDBPyConnection, group: Group, relation: str, lines: int, keys: KeyTables
) -> Tally | None:
    """Look at each row once, against the keys of both ends."""
    present = present_ends(group, keys)
    if present is None:
        return None
    texts = _texts(group)
    longest = "".join(f", coalesce(max(strlen({cell})) FILTER ({present}), 0)" for cell, _ in texts)
    doubled = "".join(f" + count(*) - count(DISTINCT {end})" for end in single_ends(group))
    rows, all_lines, bad, held, repeated, *most = _row(
        connection,
        "SELECT count(*), count(*) + coalesce(sum(newlines), 0),"
        f" count(*) FILTER (ragged OR coalesce({_any_rule(group)}, true)),"
        f" count(*) FILTER ({present}), 0{doubled}{longest} FROM ({relation})",
    )
    if bad or repeated or all_lines != lines or (held != rows and not drops(group)):
        return None
    named = _named(texts, most)
    if held == rows:
        return Tally(relation, rows, named)
    dropped = 0 if group.check.options.limit is not None else rows - held
    return Tally(f"SELECT * FROM ({relation}) WHERE {present}", held, named, dropped)


def present_ends(group: Group, keys: KeyTables) -> str | None:
    """SQL that is true of an edge whose ends both exist; None when not all keys are known."""
    parts = []
    for cell, type_, key_type in group.ends:
        table = keys.of_end(group.check, type_, key_type)
        if table is None:
            return None
        parts.append(f"{identity(key_type, cell)} IN (SELECT id FROM {table})")
    return " AND ".join(parts)


def single_ends(group: Group) -> list[str]:
    """The cells whose value may stand in one edge only, by the multiplicity."""
    source, _, target = group.check.multiplicity.partition("-to-")
    return [cell for cell, side in (("a", target), ("b", source)) if side == "one"]


def drops(group: Group) -> bool:
    """Whether edges without their ends are left out."""
    options = group.check.options
    return options.on_dangling_edge == "drop" or options.limit is not None


def _live(group: Group, keys: KeyTables) -> str | None:
    existing = group.check.existing.get(group.check.type)
    return keys.live(existing, group.key_type) if existing else None


def _any_rule(group: Group) -> str:
    return " OR ".join(rule.broken for rule in rules(group)) or "false"


def _texts(group: Group) -> list[tuple[str, str]]:
    return [(cell, name) for cell, name, type_ in group.fed() if is_text(type_)]


def _named(texts: list[tuple[str, str]], most: list[int]) -> dict[str, int]:
    return {name: length for (_, name), length in zip(texts, most, strict=True)}


def _row(connection: DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None  # an aggregate has one
    return row
