"""Overlays: how documents merge, and where merged values are said to stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_repository import GRAPH, LOAD, WHOLE, desired, said

from reconciler.model.key import Key
from reconciler.source.overlay import merge_documents
from reconciler.source.yaml import Document, read_documents


def merged(base: str, overlay: str) -> list[Any]:
    documents, problems = merge_documents(docs("base.yaml", base), docs("over.yaml", overlay))
    assert not problems, problems
    return [document.body for document in documents]


def docs(file: str, text: str) -> tuple[Document, ...]:
    documents, problems = read_documents(file, text.encode())
    assert not problems
    return documents


def thing(spec: str) -> str:
    return f"kind: Engine\nmetadata: {{name: e}}\nspec: {spec}\n"


RULES = [
    ("mappings merge", "{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", {"a": {"b": 1, "c": 3, "d": 4}}),
    ("lists replace", "{a: [1, 2, 3]}", "{a: [4]}", {"a": [4]}),
    ("scalars replace", "{a: 1}", "{a: x}", {"a": "x"}),
    ("a mapping replaces a scalar", "{a: 1}", "{a: {b: 1}}", {"a": {"b": 1}}),
    ("a scalar replaces a mapping", "{a: {b: 1}}", "{a: 1}", {"a": 1}),
    ("null removes a key", "{a: 1, b: 2}", "{a: null}", {"b": 2}),
    ("null of what is not there changes nothing", "{a: 1}", "{b: null}", {"a": 1}),
    ("null inside something new leaves no trace", "{}", "{a: {b: null, c: 1}}", {"a": {"c": 1}}),
    ("$delete removes a key", "{a: {x: 1}, b: 2}", "{a: {$delete: true}}", {"b": 2}),
    ("$patch: delete removes a key", "{a: {x: 1}, b: 2}", "{a: {$patch: delete}}", {"b": 2}),
    ("an empty mapping changes nothing", "{a: {b: 1}}", "{a: {}}", {"a": {"b": 1}}),
]


@pytest.mark.parametrize(
    ("base", "over", "result"), [r[1:] for r in RULES], ids=[r[0] for r in RULES]
)
def test_merging(base: str, over: str, result: Any) -> None:
    assert merged(thing(base), thing(over))[0]["spec"] == result


@pytest.mark.parametrize("directive", ["$delete: true", "$patch: delete"])
def test_a_directive_at_the_top_drops_the_document(directive: str) -> None:
    overlay = f"kind: Engine\nmetadata: {{name: e}}\n{directive}\n"
    assert merged(thing("{}") + "---\nkind: Graph\nmetadata: {name: g}\n", overlay) == [
        {"kind": "Graph", "metadata": {"name": "g"}}
    ]


trees = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3) | st.lists(inner, max_size=2)
    ),
    max_leaves=10,
)
specs = st.dictionaries(st.sampled_from("abc"), trees, max_size=3)


def document(spec: Any) -> Document:
    found = docs("f.yaml", thing("{}"))[0]
    return Document({**found.body, "spec": spec}, found.positions)


def merge(base: Any, over: Any) -> Any:
    documents, problems = merge_documents([document(base)], [document(over)])
    assert not problems
    return documents[0].body["spec"]


@given(specs, specs)
def test_merging_again_changes_nothing(base: Any, over: Any) -> None:
    once = merge(base, over)
    assert merge(once, over) == once


@given(specs)
def test_nothing_and_the_same_are_neutral(base: Any) -> None:
    assert merge(base, {}) == base
    assert merge({}, base) == base
    assert merge(base, base) == base


@given(specs, specs)
def test_merging_leaves_what_was_merged_as_it_was(base: Any, over: Any) -> None:
    one, two = document(base), document(over)
    before = repr((one.body, two.body))
    merge_documents([one], [two])
    assert repr((one.body, two.body)) == before


def test_a_mistake_points_into_the_file_that_made_it(tmp_path: Path) -> None:
    overlay = "kind: Graph\nmetadata: {name: g}\nspec:\n  endpoint:\n    port: high\n"
    files = {**WHOLE, "graph.yaml": GRAPH + "  strategi: auto\n", "environments/dev.yaml": overlay}
    found = desired(tmp_path, files, environment="dev")
    assert said(found) == [
        "SC107 environments/dev.yaml:5:11 `port` must be a whole number, not `high` [write `port: 4`]",
        "SC104 graph.yaml:9:3 `strategi` is not a field [did you mean `strategy`?]",
    ]
    assert found.problems[0].excerpt == "    port: high"
    assert found.problems[1].excerpt == "  strategi: auto"


def test_what_an_overlay_removed_is_missed_where_it_was_removed(tmp_path: Path) -> None:
    overlay = "kind: Graph\nmetadata: {name: g}\nspec: {vertices: {P: {key: null}}}\n"
    found = desired(tmp_path, {**WHOLE, "environments/dev/a.yml": overlay}, environment="dev")
    assert found.problems[0].summary == "`key` is missing in `vertices.P`"
    assert found.problems[0].at is not None
    assert found.problems[0].at.file == "environments/dev/a.yml"


def test_files_are_named_from_the_folder_of_the_file_that_names_them(tmp_path: Path) -> None:
    overlay = "kind: Load\nmetadata: {name: l}\nspec:\n  vertices: {P: {files: [small.csv]}}\n"
    asked: list[str] = []

    def resolve(_key: Any, spec: Any, _graph: Any, find: Any, _positions: Any, _root: Any) -> Any:
        asked.extend(find(file) for source in spec.vertices["P"] for file in source.files)
        return None, ()

    base = {**WHOLE, "loads/load.yaml": LOAD, "load.yaml": ""}
    desired(tmp_path, base, resolve_load=resolve)
    desired(tmp_path, {"environments/dev.yaml": overlay}, environment="dev", resolve_load=resolve)
    assert asked == [str(tmp_path / "loads/p.csv"), str(tmp_path / "environments/small.csv")]


def test_what_stands_only_in_the_overlay_is_added_when_it_is_whole(tmp_path: Path) -> None:
    files = {**WHOLE, "environments/dev.yaml": GRAPH.replace("name: g}", "name: h}")}
    assert Key("default", "Graph", "h") in desired(tmp_path, files, environment="dev").resources
    assert Key("default", "Graph", "h") not in desired(tmp_path).resources


def test_an_unknown_environment_is_a_warning_where_others_have_overlays(tmp_path: Path) -> None:
    files = {**WHOLE, "environments/production.yaml": "", "environments/dev/x.yaml": ""}
    [line] = said(desired(tmp_path, files, environment="prodution"))
    assert line.endswith("[did you mean `production`?]")
    assert line.startswith("SC111 - warning:")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\0", "x" * 64])
def test_an_environment_is_named_like_anything_else(tmp_path: Path, name: str) -> None:
    found = desired(tmp_path, WHOLE, environment=name)
    assert [p.code for p in found.problems] == ["SC103"]
    assert not found.resources
