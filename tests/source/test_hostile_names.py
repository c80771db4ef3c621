"""Names that are more than names: each engine's traits refuse them, at their place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from source_repository import ENGINE, GRAPH, PROJECT, write

from reconciler.engines import ladybug, neug
from reconciler.source.directory import ReadRequest, read_directory

HOSTILE = {
    "ends a pattern": "P) DETACH DELETE (n",
    "ends a quoted name": "P`) DETACH DELETE (n",
    "ends a statement": "P; DROP TABLE Q",
    "ends a text": "P'",
    "ends another text": 'P"',
    "two words": "P Q",
    "a null byte": "P\0",
    "a line end": "P\nQ",
    "a path": "../P",
    "a comment": "P//",
    "text that runs backwards": "P\u202eQ",
    "longer than any name": "P" * 300,
    "nothing": "",
}
NEUG = ENGINE.replace("wide", "neug")
ENGINES = {"neug": neug.TRAITS, "ladybug": ladybug.TRAITS}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("place", ["P: {key", "name: string", "E: {from"])
@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_name_that_is_a_query_is_refused_at_its_place(
    tmp_path: Path, name: str, place: str, engine: str
) -> None:
    word = place.split(":", maxsplit=1)[0]
    document = GRAPH.replace(place, place.replace(word, json.dumps(name), 1), 1)
    documents = {
        "gsctl.yaml": PROJECT,
        "e.yaml": ENGINE.replace("wide", engine),
        "g.yaml": document,
    }
    found = read_directory(ReadRequest(write(tmp_path, documents)), ENGINES).problems
    refused = [problem for problem in found if problem.code == "GR101"]
    assert refused, found
    assert refused[0].at is not None
    assert str(refused[0].at).startswith("g.yaml:")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("field", ["name", "tenant"])
def test_what_is_no_name_names_no_thing(tmp_path: Path, name: str, field: str) -> None:
    head = f"metadata: {{name: g, {field}: {json.dumps(name)}}}" if field == "tenant" else \
        f"metadata: {{name: {json.dumps(name)}}}"  # fmt: skip
    document = GRAPH.replace("metadata: {name: g}", head)
    documents = {"gsctl.yaml": PROJECT, "e.yaml": NEUG, "g.yaml": document}
    found = read_directory(ReadRequest(write(tmp_path, documents)), ENGINES).problems
    assert any(problem.code == "SC103" for problem in found), found
