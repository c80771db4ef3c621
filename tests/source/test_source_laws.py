"""Laws of reading a repository: order on disk, layout and repetition change nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from source_repository import ENGINE, GRAPH, LOAD, PROJECT, TRAITS, WHOLE, desired, said

from reconciler.model.key import Key
from reconciler.model.kinds import EngineSpec, GraphSpec, LoadSpec
from reconciler.source.directory import ReadRequest, read_directory

SPARE = [
    ENGINE, GRAPH, LOAD,
    "kind: Procedure\nmetadata: {name: p}\nspec: {graph: g, query: RETURN 1}\n",
    "kind: Graph\nmetadata: {name: h}\nspec: {engine: mian}\n",
    "kind: Graph\nmetadata: {name: h, tenant: t}\nspec: {engine: main}\n",
    "kind: Engine\nmetadata: {name: other}\nspec: {type: wide, dependsOn: [Engine/main]}\n",
    "apiVersion: v1\nkind: ConfigMap\n",
    "- nothing\n",
]  # fmt: skip
files = st.permutations(range(len(SPARE))).flatmap(
    lambda order: st.lists(st.integers(0, 3), min_size=len(SPARE), max_size=len(SPARE)).map(
        lambda at: [[SPARE[i] for i in order if at[i] == n] for n in range(4)]
    )
)


def read(layout: Sequence[Sequence[str]], names: Sequence[str]) -> Any:
    """What is read of a new repository whose files are written in the order given."""
    folder = Path(tempfile.mkdtemp())
    try:
        written = zip(names, layout, strict=True)
        return desired(folder, {"gsctl.yaml": PROJECT, **{n: "---\n".join(f) for n, f in written}})
    finally:
        shutil.rmtree(folder)


@settings(max_examples=25)
@given(files)
def test_where_documents_stand_changes_only_their_places(layout: list[list[str]]) -> None:
    one = read([SPARE, [], [], []], ["a.yaml", "b.yaml", "c.yaml", "d.yaml"])
    two = read(layout, ["d.yaml", "b/x.yml", "a.yaml", "c.yaml"])
    assert two.resources == one.resources
    assert two.documents == one.documents
    assert (two.revision, two.skipped) == (one.revision, one.skipped)
    assert list(two.resources) == list(one.resources)
    texts = [sorted((p.code, p.summary, p.address) for p in d.problems) for d in (one, two)]
    assert texts[0] == texts[1]


@settings(max_examples=10)
@given(st.permutations(sorted(WHOLE)))
def test_the_order_in_which_files_were_made_changes_nothing(order: list[str]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        assert repr(desired(folder, {n: WHOLE[n] for n in order})) == repr(desired(folder))
        assert desired(folder).problems == ()
    finally:
        shutil.rmtree(folder)


def test_the_revision_tells_documents_apart_not_their_spelling(tmp_path: Path) -> None:
    first = desired(tmp_path, WHOLE).revision
    spelt = GRAPH.replace("{key: id,", "{ 'key': id,") + "# a comment\n"
    assert desired(tmp_path, {"graph.yaml": spelt}).revision == first
    assert desired(tmp_path, {"graph.yaml": GRAPH.replace("E:", "F:")}).revision != first
    assert desired(tmp_path, WHOLE, environment="dev").revision != first


def test_defaults_are_filled_into_specs_and_not_into_documents(tmp_path: Path) -> None:
    found = desired(tmp_path, WHOLE)
    key = Key("default", "Engine", "main")
    spec = found.resources[key].spec
    assert isinstance(spec, EngineSpec)
    assert (spec.version, spec.mode, spec.substrate) == ("2.0.0", "served", "local")
    assert found.documents[key]["spec"] == {"type": "wide"}


def test_needs_are_what_is_referred_to(tmp_path: Path) -> None:
    found = desired(tmp_path, WHOLE)
    needs = {str(key): sorted(map(str, r.needs)) for key, r in found.resources.items()}
    assert needs == {"Engine/main": [], "Graph/g": ["Engine/main"], "Load/l": ["Graph/g"]}


def test_the_owner_is_project_environment_and_id(tmp_path: Path) -> None:
    project = desired(tmp_path, WHOLE, environment="dev").project
    assert project is not None
    assert (str(project.owner), project.owner.id) == ("shop/dev", "abcdefgh")


def test_a_load_inside_a_graph_is_a_load_of_its_own(tmp_path: Path) -> None:
    inline = GRAPH + "  load:\n    vertices: {P: {files: [p.csv]}}\n    mode: append\n"
    seen: list[str] = []

    def resolve(key: Any, spec: Any, graph: Any, find: Any, positions: Any, _root: Any) -> Any:
        seen.extend([str(key), spec.graph, find("p.csv"), str(positions.at(("spec", "mode")))])
        seen.append(str(positions.at(("spec", "vertices", "P", 0, "files", 0))))
        return None, ()

    found = desired(
        tmp_path,
        {**WHOLE, "x/graph.yaml": inline, "graph.yaml": "", "load.yaml": ""},
        resolve_load=resolve,
    )
    assert not found.problems
    graph = found.resources[Key("default", "Graph", "g")].spec
    load = found.resources[Key("default", "Load", "g")].spec
    assert isinstance(graph, GraphSpec)
    assert isinstance(load, LoadSpec)
    assert (graph.load, load.mode) == (None, "append")
    assert "load" not in found.documents[Key("default", "Graph", "g")]["spec"]
    assert seen[:5] == [
        "Load/g", "g", str(tmp_path / "x/p.csv"), "x/graph.yaml:11:11", "x/graph.yaml:10:28",
    ]  # fmt: skip


def test_an_inline_load_beside_one_of_the_same_name_is_declared_twice(tmp_path: Path) -> None:
    inline = GRAPH + "  load: {vertices: {P: {files: [p.csv]}}}\n"
    found = desired(
        tmp_path, {**WHOLE, "graph.yaml": inline, "load.yaml": LOAD.replace("l}", "g}", 1)}
    )
    assert [p.code for p in found.problems] == ["SC105"]


@pytest.mark.parametrize("broken", ["graph.yaml", "load.yaml"])
def test_data_is_not_looked_for_where_the_documents_are_wrong(tmp_path: Path, broken: str) -> None:
    def resolve(*_: Any) -> Any:
        pytest.fail("looked for data")

    files = {**WHOLE, broken: WHOLE[broken].replace("P: {", "Q: {")}
    assert desired(tmp_path, files, resolve_load=resolve).problems


def test_nothing_is_raised_for_an_unreadable_root(tmp_path: Path) -> None:
    request = ReadRequest(tmp_path / "none")
    assert [p.code for p in read_directory(request, TRAITS).problems] == ["SC109"]


documentish = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["g", "main", "P", "id", "int64", "x/y", "${v}"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["spec", "metadata", "name", "tenant", "vertices", "edges", "P", "key", "from", "to",
                         "properties", "pairs", "engine", "graph", "files", "load", "secret", "type", "options",
                         "substrate", "local", "dependsOn", "expect", "columns", "rows", "tests", "$delete", "$patch",
                         "variables", "exclude", "endpoint", "port"]),
        inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=150)
@given(
    st.sampled_from(["Project", "Engine", "Graph", "Load", "Procedure", "Job", "Grph"]),
    st.dictionaries(st.sampled_from(["spec", "metadata", "apiVersion"]), documentish),
    st.sampled_from(["gsctl.yaml", "x.yaml", "environments/dev.yaml"]),
)
def test_no_document_makes_reading_raise(kind: str, body: dict[str, Any], file: str) -> None:
    import json

    folder = Path(tempfile.mkdtemp())
    try:
        text = json.dumps({"kind": kind, "metadata": {"name": "g"}, **body})
        files = {"gsctl.yaml": PROJECT, "a.yaml": f"{ENGINE}---\n{GRAPH}---\n{LOAD}"}
        files[file] = f"{files.get(file, '')}---\n{text}\n"
        found = desired(folder, files, environment="dev")
        for line, problem in zip(said(found), found.problems, strict=True):
            assert problem.code, line
            assert problem.at is None or problem.at.line >= 1
            assert problem.summary
    finally:
        shutil.rmtree(folder)
