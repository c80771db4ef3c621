"""What was made by hand, or by another project, becomes ours: whole, told before, and only then."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from handmade import ASKED, GRAPH, HELD, SOCIAL, opened, run
from repository import Repository

pytestmark = pytest.mark.engine


def write(repository: Repository, *, mode: str = "embedded", graph: str = GRAPH, adopt: bool = False,
          id_: str = "") -> None:  # fmt: skip
    """Documents over the databases in ../dbs."""
    (repository.path / "dbs").mkdir(exist_ok=True)
    repository.path.joinpath("repo").mkdir(exist_ok=True)
    flag = ", adopt: true" if adopt else ""
    (repository.path / "repo/gsctl.yaml").write_text(f"""\
apiVersion: gsctl.io/v1alpha1
kind: Project
metadata: {{name: people}}
spec: {{id: {id_ or repository.id}}}
---
kind: Engine
metadata: {{name: main{flag}}}
spec: {{type: neug, mode: {mode}, substrate: {{local: {{path: ../dbs}}}}}}
---{graph.replace("name: social}", f"name: social{flag}}}")}""")


@pytest.fixture
def bare(people: Repository, neug_python: Path) -> Repository:
    """A repository over a folder with one database that an application made and closed."""
    write(people)
    run(neug_python, people.path / "dbs/social", *SOCIAL)
    return people


def gsctl(repository: Repository, *words: str) -> subprocess.CompletedProcess[str]:
    return Repository(repository.path / "repo").gsctl(*words)


def adopt(repository: Repository) -> subprocess.CompletedProcess[str]:
    return gsctl(repository, "adopt", "Engine/main", "Graph/social", "-y")


def settled(repository: Repository) -> bool:
    return gsctl(repository, "plan", "--detailed-exitcode").returncode == 0


def held(repository: Repository, query: str = ASKED) -> list[Any]:
    return Repository(repository.path / "repo").rows(query, "social")


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*")
            if p.is_file() and p.stat().st_size < 1 << 20}  # fmt: skip


def test_what_is_foreign_is_shown_and_never_touched(bare: Repository) -> None:
    before = tree(bare.path / "dbs")
    for words in (("plan",), ("apply", "-y"), ("get",), ("destroy", "-y", "--allow-deletes")):
        gsctl(bare, *words)
    assert tree(bare.path / "dbs") == before
    said = gsctl(bare, "plan").stderr
    assert "DS107" in said
    assert "`gsctl adopt Engine/main`" in said


@pytest.mark.parametrize("mode", ["embedded", "served"])
def test_an_adopted_graph_keeps_its_rows_and_the_plan_is_empty(bare: Repository, mode: str) -> None:
    write(bare, mode=mode)
    done = adopt(bare)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "  ^    Graph/social  made by hand; its rows stay" in done.stdout
    assert "0 to destroy, 2 to adopt." in done.stdout
    assert settled(bare)
    assert held(bare) == [HELD]
    assert not (bare.path / "dbs/.gitignore").exists()


def test_the_application_is_told_instead_of_being_given_an_empty_database(
    bare: Repository, neug_python: Path
) -> None:
    assert adopt(bare).returncode == 0
    for name in ("dbs/social", "dbs/social/"):
        with pytest.raises(RuntimeError):
            run(neug_python, Path(f"{bare.path}/{name}"))
    current = bare.path / "dbs/social/current"
    assert run(neug_python, current.resolve(), ASKED) == [HELD]


def test_a_database_that_was_not_closed_is_adopted_with_all_its_rows(
    people: Repository, neug_python: Path
) -> None:
    write(people)
    run(neug_python, people.path / "dbs/social", *SOCIAL, close=False)
    done = adopt(people)
    assert done.returncode == 0, done.stdout + done.stderr
    assert held(people) == [HELD]
    assert settled(people)


@pytest.mark.parametrize("port", [0, 17391], ids=["held open", "served"])
def test_an_open_database_is_not_taken_from_its_application(
    bare: Repository, neug_python: Path, port: int
) -> None:
    with opened(neug_python, bare.path / "dbs/social", port) as pid:
        done = adopt(bare)
        assert done.returncode == 1
        assert f"is held open by process {pid}" in done.stderr
        assert "AD101" in done.stderr
        assert (bare.path / "dbs/social/checkpoint").is_dir()
    assert adopt(bare).returncode == 0
    assert held(bare) == [HELD]


def test_what_differs_is_shown_and_made_so_in_the_same_apply(bare: Repository) -> None:
    other = GRAPH.replace("bio: string", "bio: string, age: int32").replace(
        ", multiplicity: many-to-one", ""
    )
    write(bare, graph=other, adopt=True)
    planned = json.loads(gsctl(bare, "plan", "--json").stdout)
    rows = {change["address"]: change["change"] for change in planned["resource_changes"]}
    assert rows["Graph/social"]["actions"] == ["no-op"]
    assert rows["Graph/social"]["importing"] == {"id": "Graph/social"}
    assert [field["path"] for field in rows["Graph/social"]["fields"]] == [
        ["edges", "LIVES_IN", "multiplicity"], ["vertices", "Person", "properties", "age"],
    ]  # fmt: skip
    assert planned["summary"]["adopt"] == 2
    assert gsctl(bare, "apply", "-y").returncode == 0
    assert settled(bare)
    assert held(bare) == [HELD]


LOSSES = {
    "a dropped type": ("    KNOWS: {from: Person, to: Person, properties: {since: int32}}\n", "", "edges.KNOWS"),
    "a load into a type that has rows": (
        "engine: main\n", "engine: main\n  load: {vertices: {Town: {files: [towns.csv]}}}\n", "vertices.Town"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "lost"), LOSSES.values(), ids=LOSSES)
def test_nothing_of_the_hand_made_rows_is_lost_without_a_word(
    bare: Repository, neug_python: Path, old: str, new: str, lost: str
) -> None:
    (bare.path / "repo/towns.csv").write_text("name\nBonn\n")
    write(bare, graph=GRAPH.replace(old, new))
    done = adopt(bare)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"Graph/social.{lost}" in done.stdout
    assert run(neug_python, bare.path / "dbs/social", ASKED) == [HELD]


@pytest.mark.parametrize("mode", ["embedded", "served"])
def test_the_original_is_kept_to_go_back_to(bare: Repository, mode: str) -> None:
    write(bare, mode=mode)
    assert adopt(bare).returncode == 0
    for _ in range(2):
        assert gsctl(bare, "rollback", "Graph/social", "-y").returncode == 0
        assert held(bare) == [HELD]
        assert gsctl(bare, "unhold", "Graph/social").returncode == 0
        assert gsctl(bare, "apply", "-y").returncode == 0
        assert held(bare) == [HELD]
    assert settled(bare)
    assert gsctl(bare, "destroy", "-y", "--allow-deletes").returncode == 0
    assert list((bare.path / "dbs").iterdir()) == []  # the folder itself was not ours


def test_another_databases_folder_and_files_beside_stay(
    bare: Repository, neug_python: Path
) -> None:
    run(neug_python, bare.path / "dbs/other", *SOCIAL)
    (bare.path / "dbs/notes.txt").write_text("mine")
    before = tree(bare.path / "dbs/other")
    assert adopt(bare).returncode == 0
    assert settled(bare)
    gsctl(bare, "destroy", "-y", "--allow-deletes")
    assert tree(bare.path / "dbs/other") == before
    assert (bare.path / "dbs/notes.txt").read_text() == "mine"


@pytest.mark.parametrize("mode", ["embedded", "served"])
def test_a_graph_of_another_project_is_adopted_once_its_server_stops(
    bare: Repository, mode: str
) -> None:
    write(bare, mode=mode, adopt=True)
    assert gsctl(bare, "apply", "-y").returncode == 0
    write(bare, id_="zzzzzzzz")
    refused = adopt(bare)
    if mode == "served":
        assert refused.returncode == 1
        assert "held open by process" in refused.stderr
        write(bare, mode="served")
        pid = next(p for p in _servers(bare))
        pid.terminate()
        pid.wait(timeout=20)
        write(bare, id_="zzzzzzzz")
        refused = adopt(bare)
    assert refused.returncode == 0, refused.stdout + refused.stderr
    assert "it belonged to people/default" in refused.stdout
    assert settled(bare)
    assert held(bare) == [HELD]


def _servers(repository: Repository) -> list[Any]:
    import psutil

    return [p for p in psutil.process_iter(["cmdline"])
            if str(repository.path) in " ".join(p.info["cmdline"] or ()) and "serve" in p.info["cmdline"]]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["embedded", "served"])
def test_a_kill_at_any_boundary_loses_nothing(
    people: Repository, neug_python: Path, mode: str
) -> None:
    documents = Repository(people.path / "repo")
    for boundary in range(1, 40):
        gsctl(people, "destroy", "-y", "--allow-deletes")
        write(people, mode=mode, adopt=True)
        run(neug_python, people.path / "dbs/social", *SOCIAL)
        ended = documents.die_at(boundary)
        if ended != 0:
            assert ended == -9
            assert documents.die_at(0) == 0
        assert held(people) == [HELD]
        if ended == 0:
            break
    assert boundary > 6


def test_a_kill_before_the_one_rename_leaves_the_database_to_its_application(
    people: Repository, neug_python: Path
) -> None:
    write(people, adopt=True)
    place = people.path / "dbs"
    run(neug_python, place / "social", *SOCIAL)
    documents = Repository(people.path / "repo")
    assert documents.die_at(6) == -9
    assert documents.events.read_text().splitlines()[-1].endswith(" AdoptGraph")
    graph = next((place / ".graphs").iterdir())
    (graph / "neugdb.lock").rmdir()
    (graph / "copies/original").rename(place / "social")  # as it was, with the pointer written
    run(neug_python, place / "social", "CREATE (:Town {name: 'Bonn'})")
    gsctl(people, "get")
    assert documents.die_at(0) == 0
    assert held(people) == [HELD]
    assert held(people, "MATCH (t:Town) RETURN count(t) AS n") == [[2]]
