"""Repositories with one graph and its procedures, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from reconciler.model.problem import Problem
from reconciler.model.resource import Desired
from reconciler.plugins import engines
from reconciler.queries import Binder, QueryCache, check_queries
from reconciler.source.directory import ReadRequest, read_directory

GRAPH = dedent("""\
    apiVersion: gsctl.io/v1alpha1
    kind: Project
    metadata: {name: shop}
    spec: {id: abcdefgh, variables: {least: 18}}
    ---
    kind: Engine
    metadata: {name: main}
    spec: {type: neug}
    ---
    kind: Graph
    metadata: {name: g}
    spec:
      engine: main
      vertices:
        Person: {key: id, properties: {id: int64, name: string, age: int64}}
        City: {key: id, properties: {id: int64, title: string}}
      edges:
        KNOWS: {from: Person, to: Person, properties: {since: int64}}
        LIVES_IN: {from: Person, to: City}
    """)


def procedure(spec: str, name: str = "p") -> str:
    """A document whose spec begins on line 4."""
    return f"kind: Procedure\nmetadata: {{name: {name}}}\nspec:\n  graph: g\n{indent(dedent(spec), '  ')}"


def block(query: str, **parameters: str) -> str:
    """The spec of a procedure with a block scalar: the query begins on line 7, column 5."""
    declared = ", ".join(f"{name}: {type_}" for name, type_ in parameters.items())
    return f"parameters: {{{declared}}}\nquery: |\n{indent(query, '  ')}\n"


def desired(folder: Path, files: Mapping[str, str], environment: str = "default") -> Desired:
    for name, text in {"gsctl.yaml": GRAPH, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    found = read_directory(ReadRequest(folder, environment), engines().traits)
    assert found.problems == ()
    return found


def problems(
    folder: Path, spec: str, binders: Mapping[str, Binder] | None = None
) -> tuple[Problem, ...]:
    """What is said of a repository with one procedure."""
    found = desired(folder, {"p.yaml": procedure(spec)})
    return check_queries(found, binders or {}, engines().traits, QueryCache(folder / "cache"))


def said(found: tuple[Problem, ...]) -> list[str]:
    """Each problem as `CODE line:column summary [hint]`, warnings marked."""
    return [
        f"{p.code} {p.at.line}:{p.at.column} {'warning: ' * (p.severity == 'warning')}{p.summary}"
        + f" [{p.hint}]" * bool(p.hint)
        for p in found
        if p.at
    ]
