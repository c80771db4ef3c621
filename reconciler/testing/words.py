"""The few sentences that a law has to say in an engine's own language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences with `{type}`, `{key}` and `{value}` to be filled in; braces are doubled.

    `count` gives one row with the number of vertices of a type, `keys` a row for each of them;
    `insert` adds a vertex; `wrong` fits no catalog.
    """

    language: str
    count: str
    keys: str
    insert: str
    wrong: str


WORDS = {
    "cypher": Words(
        "cypher",
        "MATCH (n:{type}) RETURN count(n) AS n",
        "MATCH (n:{type}) RETURN n.{key} AS k",
        "CREATE (:{type} {{{key}: {value}}})",
        "MATCH (n:NowhereToBeFound) RETURN n.nothing AS x",
    ),
    "sql": Words(
        "sql",
        'SELECT count(*) AS n FROM "{type}"',
        'SELECT "{key}" AS k FROM "{type}"',
        'INSERT INTO "{type}"("{key}") VALUES ({value})',
        'SELECT nothing FROM "NowhereToBeFound"',
    ),
}
