"""Schemas for editors: fresh, right about what is read, and a meaning for every field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from source_repository import ENGINE, GRAPH, LOAD, PROJECT

from reconciler.model.kinds import SPECS
from reconciler.model.problem import Problem
from reconciler.source.schemas import Explanation, explain, render
from reconciler.source.validate import validate
from reconciler.source.yaml import read_documents

COMMITTED = Path(__file__).parents[2] / "schemas"
RENDERED = render()


def test_the_committed_schemas_are_those_of_the_models() -> None:
    found = {
        p.relative_to(COMMITTED).as_posix(): p.read_text("utf-8") for p in COMMITTED.rglob("*.json")
    }
    assert found == RENDERED, "write them anew: reconciler.source.schemas.write(Path('schemas'))"


@pytest.mark.parametrize("name", RENDERED)
def test_a_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(json.loads(RENDERED[name]))


DOCUMENTS = [
    PROJECT, ENGINE, GRAPH, LOAD,
    "kind: Engine\nmetadata: {name: a}\nspec: {type: x, substrate: {local: {path: d}}, dependsOn: [Engine/b]}",
    "kind: Load\nmetadata: {name: a}\nspec: {graph: g, expect: {P: 3, Q: {min: 1}}, edges: {E: [{files: [a], fromColumn: a, toColumn: 1}]}}",
    "kind: Procedure\nmetadata: {name: a}\nspec: {graph: g, query: q, parameters: {a: string}, tests: [{rows: 1}]}",
    "kind: Graph\nmetadata: {name: a}\nspec: {engine: e, load: {vertices: {P: {files: [a]}}}, vertices: {P: {key: a, properties: {a: {type: int64}}}}}",
    "kind: Graph\nmetadata: {name: a}\nspec: {}",
    "kind: Graph\nmetadata: {name: -a}\nspec: {engine: e}",
    "kind: Engine\nmetadata: {name: a}\nspec: {type: x, mode: fast}",
    "kind: Engine\nmetadata: {name: a, protect: 1}\nspec: {type: x}",
    "kind: Load\nmetadata: {name: a}\nspec: {graph: g, depends_on: []}",
    "kind: Load\nmetadata: {name: a}\nspec: {graph: g, limit: 0}",
]  # fmt: skip


@pytest.mark.parametrize("text", DOCUMENTS)
@pytest.mark.parametrize("name", ["its own", "all.json"])
def test_a_schema_takes_what_is_read_and_refuses_what_is_not(text: str, name: str) -> None:
    document = read_documents("f.yaml", text.encode())[0][0]
    file = name if name == "all.json" else f"{document.body['kind']}.json"
    schema = Draft202012Validator(json.loads(RENDERED[f"v1alpha1/{file}"]))
    assert schema.is_valid(document.body) == (not validate(document).problems)


def everything(path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    found = explain(path)
    assert isinstance(found, Explanation), path
    for field in found.fields:
        yield f"{path}.{field.name}", field
        if depth < 4:
            yield from everything(f"{path}.{field.name}", depth + 1)


@pytest.mark.parametrize("kind", [*SPECS, "Graph.metadata"])
def test_every_field_has_a_type_and_a_meaning(kind: str) -> None:
    fields = dict(everything(kind))
    assert fields
    assert [name for name, field in fields.items() if not (field.description and field.type)] == []


def test_a_field_is_explained_with_its_default() -> None:
    found = explain("graph.keepPrevious")
    assert isinstance(found, Explanation)
    assert (found.meaning.type, found.meaning.default, found.meaning.required) == (
        "string",
        '"24h"',
        False,
    )
    inner = explain("Graph.vertices.properties")
    assert isinstance(inner, Explanation)
    assert [field.name for field in inner.fields] == ["type", "renamedFrom", "description"]


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("Grph", "did you mean `Graph`?"),
        ("Graph.vertex", "did you mean `vertices`?"),
        ("Graph.engine.x", ""),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest_name(path: str, hint: str) -> None:
    found = explain(path)
    assert isinstance(found, Problem)
    assert found.hint == hint
