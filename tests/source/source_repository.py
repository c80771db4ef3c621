"""Repositories on disk for the tests of this folder, and what was said of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.model.resource import Desired
from reconciler.model.traits import Names, Strings, Traits
from reconciler.model.types import KEY_TYPES, SCALARS
from reconciler.source.directory import ReadRequest, read_directory

# Not the traits of any real engine: narrow ones, so that every refusal can be met.
NARROW = Traits(
    type="narrow",
    versions=("1.1.0", "1.0.0"),
    modes=("embedded",),
    property_types=frozenset(SCALARS) - {"interval"},
    key_types=frozenset({"int64", "string"}),
    lists=False,
    names=Names(reserved=frozenset({"null", "yes"})),
    strings=Strings(16, 1000),
    options_schema={
        "type": "object",
        "properties": {"threads": {"type": "integer", "minimum": 1}, "token": {"type": "string"}},
        "additionalProperties": False,
    },
)
WIDE = Traits(
    type="wide",
    versions=("2.0.0",),
    modes=("served", "embedded"),
    property_types=frozenset(SCALARS),
    key_types=frozenset(KEY_TYPES),
    several_pairs=True,
    procedures=frozenset({"cypher"}),
)
TRAITS = {"narrow": NARROW, "wide": WIDE}

PROJECT = """\
apiVersion: gsctl.io/v1alpha1
kind: Project
metadata: {name: shop}
spec: {id: abcdefgh}
"""
ENGINE = "kind: Engine\nmetadata: {name: main}\nspec: {type: wide}\n"
GRAPH = """\
kind: Graph
metadata: {name: g}
spec:
  engine: main
  vertices:
    P: {key: id, properties: {id: int64, name: string}}
  edges:
    E: {from: P, to: P}
"""
LOAD = """\
kind: Load
metadata: {name: l}
spec:
  graph: g
  vertices: {P: {files: [p.csv]}}
"""
WHOLE = {"gsctl.yaml": PROJECT, "engine.yaml": ENGINE, "graph.yaml": GRAPH, "load.yaml": LOAD}


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def desired(root: Path, files: Mapping[str, str] | None = None, **request: Any) -> Desired:
    return read_directory(ReadRequest(write(root, files or {}), **request), TRAITS)


def said(found: Desired) -> list[str]:
    """Each problem as `CODE file:line:column summary`, warnings and notes marked."""
    marks = {"error": "", "warning": "warning: ", "note": "note: "}
    return [
        f"{p.code} {p.at or '-'} {marks[p.severity]}{p.summary}"
        + (f" [{p.hint}]" if p.hint else "")
        for p in found.problems
    ]
