"""Documents of several folders at once: whose they are, where they stand, what they may not say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from source_repository import ENGINE, GRAPH, LOAD, PROJECT, TRAITS, said, write

from reconciler.model.key import Key
from reconciler.model.resource import Desired
from reconciler.source.directory import ReadRequest, read_directory
from reconciler.source.folder import Folder

LEAD = {"gsctl.yaml": PROJECT, "engine.yaml": ENGINE}
SHOP = {"engine.yaml": ENGINE, "graph.yaml": GRAPH}


def read(tmp_path: Path, *sources: tuple[str, str | None, dict[str, str]], **more: Any) -> Desired:
    """Sources by name, tenant and files."""
    folders = tuple(Folder(write(tmp_path / name, files), f"{name}/", tenant)
                    for name, tenant, files in sources)  # fmt: skip
    return read_directory(ReadRequest(tmp_path / "a", folders=folders, **more), TRAITS)


def test_documents_of_a_bound_source_are_its_tenants(tmp_path: Path) -> None:
    found = read(tmp_path, ("a", None, LEAD), ("b", "shop", SHOP), ("c", "bank", SHOP))
    assert said(found) == []
    assert sorted(map(str, found.resources)) == [
        "Engine/main", "bank:Engine/main", "bank:Graph/g", "shop:Engine/main", "shop:Graph/g"
    ]  # fmt: skip
    assert found.documents[Key("shop", "Graph", "g")]["metadata"]["tenant"] == "shop"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("kind: Engine\nmetadata: {name: x, tenant: bank}\nspec: {type: wide}\n", "GI110 b/x.yaml:2:29"),
        ("kind: Engine\nmetadata: {name: x, tenant: default}\nspec: {type: wide}\n", "GI110 b/x.yaml:2:29"),
        ("kind: Engine\nmetadata: {name: x, tenant: '${t}'}\nspec: {type: wide}\n", "GI110 b/x.yaml:2:29"),
        ("kind: Engine\nmetadata: {name: x, tenant: [shop]}\nspec: {type: wide}\n", "GI110 b/x.yaml:2:29"),
        ("kind: Engine\nmetadata: {name: x}\nspec: {type: wide, substrate: {local: {path: ../bank/main}}}\n", "GI114 b/x.yaml:3:46"),
        (PROJECT, "GI111 b/x.yaml:2:7"),
        ("kind: Tenant\nmetadata: {name: shop}\nspec: {}\n", "GI111 b/x.yaml:1:7"),
        ("kind: Policy\nmetadata: {name: p}\nspec: {}\n", "GI111 b/x.yaml:1:7"),
    ],
)  # fmt: skip
def test_a_bound_source_says_nothing_beyond_its_tenant(
    tmp_path: Path, document: str, expected: str
) -> None:
    found = read(tmp_path, ("a", None, LEAD), ("b", "shop", {"x.yaml": document}),
                 variables={"t": "bank"})  # fmt: skip
    assert [f"{p.code} {p.at}" for p in found.problems if p.code[:2] == "GI"] == [expected]
    assert not any(key.tenant == "bank" or key.kind == "Policy" for key in found.resources)


def test_its_own_tenant_may_be_written_down(tmp_path: Path) -> None:
    own = "kind: Engine\nmetadata: {name: x, tenant: shop}\nspec: {type: wide}\n"
    found = read(tmp_path, ("a", None, LEAD), ("b", "shop", {"x.yaml": own}))
    assert said(found) == []
    assert Key("shop", "Engine", "x") in found.resources


def test_what_two_sources_declare_is_told_with_both_places(tmp_path: Path) -> None:
    other = {"gsctl.yaml": "", "e.yaml": f"# a comment\n{ENGINE}"}
    found = read(tmp_path, ("a", None, LEAD), ("b", None, other))
    (problem,) = [p for p in found.problems if p.code == "SC105"]
    assert str(problem.at) == "b/e.yaml:3:18"
    assert problem.excerpt == "metadata: {name: main}"
    assert problem.hint == "the first is at a/engine.yaml:2:18"


def test_there_is_one_project_in_the_first_source_without_a_tenant(tmp_path: Path) -> None:
    found = read(
        tmp_path, ("b", "shop", SHOP), ("a", None, LEAD), ("c", None, {"gsctl.yaml": PROJECT})
    )
    assert found.project is not None
    (problem,) = [p for p in found.problems if p.code == "SC110"]
    assert problem.at is not None
    assert problem.at.file == "c/gsctl.yaml"


@pytest.mark.parametrize(
    ("tenant", "files", "right"),
    [
        ("shop", {}, False),
        ("shop", {"notes.yaml": "a: 1\n"}, False),
        ("shop", {"gsctl.yaml": ""}, True),
        ("shop", {"graph.yaml": ENGINE}, True),
        (None, {"graph.yaml": ENGINE}, False),
        (None, {"gsctl.yaml": ""}, True),
    ],
)
def test_a_source_says_that_it_is_one(
    tmp_path: Path, tenant: str | None, files: dict[str, str], right: bool
) -> None:
    """An empty folder may be one that is not mounted: nothing is read from it being empty."""
    (tmp_path / "b").mkdir()
    found = read(tmp_path, ("a", None, {"gsctl.yaml": PROJECT}), ("b", tenant, files))
    assert [p.code for p in found.problems] == ([] if right else ["SC109"])


def test_an_overlay_says_nothing_of_what_another_source_declares(tmp_path: Path) -> None:
    patch = "kind: Engine\nmetadata: {name: main}\nspec: {mode: embedded}\n"
    found = read(tmp_path, ("a", None, LEAD), ("b", "shop", {**SHOP, "environments/dev.yaml": patch}),
                 environment="dev")  # fmt: skip
    modes = {str(key): r.spec.mode for key, r in found.resources.items() if key.kind == "Engine"}
    assert modes["shop:Engine/main"] == "embedded"
    alone = read(tmp_path, ("a", None, LEAD), ("c", "bank", {"gsctl.yaml": "", "environments/dev.yaml": patch}),
                 environment="dev")  # fmt: skip
    assert "PT101" in [p.code for p in alone.problems]


def test_data_is_looked_for_in_the_source_that_names_it(tmp_path: Path) -> None:
    asked: list[Any] = []

    def resolve(key: Any, spec: Any, _graph: Any, find: Any, _positions: Any, root: Any) -> Any:
        asked.extend(
            (str(key), find(f), root) for source in spec.vertices["P"] for f in source.files
        )
        return None, ()

    (tmp_path / "a/data").mkdir(parents=True)
    inner = {**SHOP, "loads/load.yaml": LOAD}
    escaping = {
        "gsctl.yaml": "",
        "e.yaml": ENGINE,
        "g.yaml": GRAPH,
        "l.yaml": LOAD.replace("p.csv", "../a/data/p.csv"),
    }
    read(
        tmp_path,
        ("a", None, LEAD),
        ("b", "shop", inner),
        ("c", "bank", escaping),
        resolve_load=resolve,
    )
    asked.sort(key=lambda one: one[0], reverse=True)
    assert asked[0] == ("shop:Load/l", str(tmp_path / "b/loads/p.csv"), tmp_path / "b")
    key, found, _ = asked[1]
    assert (key, found.code) == ("bank:Load/l", "LD106")


def test_what_git_ignores_above_a_revision_says_nothing_of_it(tmp_path: Path) -> None:
    """Revisions lie below folders of ours, which git ignores as a whole."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*\n")
    write(tmp_path / "a", LEAD)
    for commit, count in (("0" * 40, 1), ("", 0)):
        folder = Folder(tmp_path / "a", revision=commit)
        found = read_directory(ReadRequest(tmp_path, folders=(folder,)), TRAITS)
        assert len(found.resources) == count
        assert (found.revision == commit) is bool(commit)
