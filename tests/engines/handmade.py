"""Databases made by hand: an application's own, without gsctl. A program of the engine's runtime."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Runs statements in a database, then: ends without closing it, closes it, holds it, or serves it.
_PROGRAM = """
import json, os, sys, time
import neug
path, ending, statements, port = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])
database = neug.Database(path, "rw")
connection = database.connect()
rows = []
for statement in statements:
    rows = [list(row) for row in connection.execute(statement)]
if ending == "serve":
    connection.close()
    database.serve(port=port, host="127.0.0.1", blocking=False)
print("answer " + json.dumps(rows, default=str), flush=True)
if ending in ("hold", "serve"):
    time.sleep(600)
if ending == "end":
    os._exit(0)
connection.close()
database.close()
"""
SOCIAL = (
    "CREATE NODE TABLE Person(id INT64, name STRING, bio VARCHAR(512), PRIMARY KEY(id))",
    "CREATE NODE TABLE Town(name STRING, PRIMARY KEY(name))",
    "CREATE REL TABLE KNOWS(FROM Person TO Person, since INT32)",
    "CREATE REL TABLE LIVES_IN(FROM Person TO Town, MANY_TO_ONE)",
    *(f"CREATE (:Person {{id: {i}, name: 'n{i}', bio: 'b{i}'}})" for i in range(5)),
    "CREATE (:Town {name: 'Ulm'})",
    "MATCH (a:Person {id: 1}), (b:Person {id: 2}) CREATE (a)-[:KNOWS {since: 2020}]->(b)",
    "MATCH (a:Person {id: 1}), (t:Town) CREATE (a)-[:LIVES_IN]->(t)",
)
# All that SOCIAL holds, as one answer.
ASKED = (
    "MATCH (a:Person)-[k:KNOWS]->(b:Person), (a)-[:LIVES_IN]->(t:Town) "
    "RETURN a.id, a.name, a.bio, k.since, b.id, t.name"
)
HELD = [1, "n1", "b1", 2020, 2, "Ulm"]
GRAPH = """
kind: Graph
metadata: {name: social}
spec:
  engine: main
  vertices:
    Person: {key: id, properties: {id: int64, name: string, bio: string}}
    Town: {key: name, properties: {name: string}}
  edges:
    KNOWS: {from: Person, to: Person, properties: {since: int32}}
    LIVES_IN: {from: Person, to: Town, multiplicity: many-to-one}
"""


def _start(python: Path, database: Path, statements: Sequence[str], ending: str, port: int) -> Any:
    command = [
        str(python),
        "-c",
        _PROGRAM,
        str(database),
        ending,
        json.dumps(list(statements)),
        str(port),
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _answer(process: Any) -> list[list[Any]]:
    for line in process.stdout:
        if line.startswith("answer "):
            return list(json.loads(line.removeprefix("answer ")))
    raise RuntimeError("the application was refused")


def run(python: Path, database: Path, *statements: str, close: bool = True) -> list[list[Any]]:
    """Run statements in a database of the application's own; the last one's rows.

    Raises RuntimeError where the engine refuses.
    """
    with _start(python, database, statements, "close" if close else "end", 0) as process:
        return _answer(process)


@contextmanager
def opened(python: Path, database: Path, port: int = 0) -> Iterator[int]:
    """A database held open by its application, or served at `port`: the application's pid."""
    process = _start(python, database, (), "serve" if port else "hold", port)
    try:
        _answer(process)
        yield process.pid
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
