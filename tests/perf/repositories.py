"""Writes the repositories that the benchmarks apply: many small graphs, or one large load."""

from __future__ import annotations

from pathlib import Path

from tests.perf import data

HEAD = """\
apiVersion: gsctl.io/v1alpha1
kind: Project
metadata: {name: measured}
spec: {id: qkzmwhtb}
---
kind: Engine
metadata: {name: main}
spec: {type: neug}
"""
SMALL = """\
kind: Graph
metadata: {name: g@N}
spec:
  engine: main
  vertices:
    Person: {key: id, properties: {id: int64, name: string, age: int32}}
  edges:
    KNOWS: {from: Person, to: Person, properties: {since: int32}}
---
kind: Load
metadata: {name: l@N}
spec:
  graph: g@N
  vertices: {Person: {files: [../data/p@N.csv]}}
"""
PROCEDURE = """\
---
kind: Procedure
metadata: {name: q@N-@M}
spec:
  graph: g@N
  parameters: {name: string}
  query: |
    MATCH (p:Person {name: $name})-[:KNOWS]->(q:Person)
    WHERE q.age > @M
    RETURN q.name AS name ORDER BY name
"""
LARGE = """\
---
kind: Graph
metadata: {name: people}
spec:
  engine: main
  vertices:
    P: {key: id, properties: {id: int64, name: string, age: int32, score: double, city: string}}
  edges:
    K: {from: P, to: P, properties: {since: date, weight: double}}
  load:
    vertices: {P: {files: [data/persons.csv]}}
    edges: {K: {files: [data/knows.csv], fromColumn: source, toColumn: target}}
"""
PROCEDURES = 8
THINGS = 2 + PROCEDURES  # a graph, its load, its procedures


def many(folder: Path, graphs: int) -> None:
    """`graphs` small graphs, each with a load of 20 rows and 8 procedures: ten things a graph."""
    for name in ("graphs", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "gsctl.yaml").write_text(HEAD)
    rows = "id,name,age\n" + "".join(f"{k},n{k},{20 + k}\n" for k in range(20))
    for n in range(graphs):
        text = SMALL + "".join(PROCEDURE.replace("@M", str(m)) for m in range(PROCEDURES))
        (folder / f"graphs/g{n}.yaml").write_text(text.replace("@N", str(n)))
        (folder / f"data/p{n}.csv").write_text(rows)


def one(folder: Path, rows: int, links: int) -> None:
    """One graph with one load of `rows` vertices and `links` edges."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gsctl.yaml").write_text(HEAD + LARGE)
    if not (folder / "data/knows.csv").exists():
        data.write(folder / "data", rows, links)


def terraform(folder: Path, things: int) -> None:
    """As many resources of a kind that is built in and keeps what it is given."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(
        "".join(
            f'resource "terraform_data" "r{n}" {{\n'
            f'  input = {{ name = "n{n}", age = {n}, tags = ["a", "b"] }}\n}}\n'
            for n in range(things)
        )
    )
