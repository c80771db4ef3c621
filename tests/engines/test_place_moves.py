"""An engine at another path, a graph on another engine: the data moves, whole, and nothing stays."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from repository import Repository

pytestmark = pytest.mark.engine


def place(people: Repository, path: str | None) -> None:
    """Wish the engine at a path."""
    document = people.path / "gsctl.yaml"
    text = document.read_text()
    bare = f"{{type: neug, mode: {people.mode}}}"
    for line in text.splitlines():
        if line.startswith("spec: {type: neug"):
            text = text.replace(line, f"spec: {bare}")
    wished = bare[:-1] + f", substrate: {{local: {{path: {path}}}}}}}" if path else bare
    document.write_text(text.replace(bare, wished))


def by_hand(people: Repository) -> None:
    people.write_by_hand("CREATE (:Person {id: 1000, name: 'x', age: 9})")


ALL = "MATCH (p:Person) RETURN count(p) AS n, max(p.id) AS id"


def engine_folder(people: Repository) -> Path:
    return people.path / ".gsctl/default/default/main"


@pytest.mark.parametrize("mode", ["served", "embedded"])
def test_an_engine_at_another_path_takes_its_graphs_along(people: Repository, mode: str) -> None:
    people = Repository(people.path, mode)
    people.write(rows=20)
    people.applied()
    by_hand(people)
    before = json.loads(people.gsctl("get", "Graph/people", "-o", "json").stdout)["status"]
    place(people, "there")
    plan = people.gsctl("plan").stdout
    assert ">    Engine/main" in plan
    assert ">    Graph/people" in plan
    assert "would be lost" not in plan
    people.applied()
    assert people.is_settled()
    assert people.rows(ALL) == [[21, 1000]]
    after = json.loads(people.gsctl("get", "Graph/people", "-o", "json").stdout)["status"]
    if mode == "served":
        assert after["endpoint"] == before["endpoint"], "the port is the same"
    assert not engine_folder(people).exists(), "nothing stays behind"
    place(people, None)
    people.applied()
    assert people.is_settled()
    assert people.rows(ALL) == [[21, 1000]]
    assert not (people.path / "there").exists()


def test_strangers_stay_where_an_engine_was(people: Repository) -> None:
    people.write(rows=20)
    people.applied()
    (engine_folder(people) / "mine.txt").write_text("mine")
    place(people, "there")
    people.applied()
    assert people.is_settled()
    assert [p.name for p in engine_folder(people).iterdir()] == ["mine.txt"]
    assert people.rows(ALL) == [[20, 19]]


def test_a_place_that_is_gone_is_unknown_and_nothing_is_made(people: Repository) -> None:
    people.write(rows=20)
    place(people, "disk")
    people.applied()
    assert people.gsctl("query", "people", ALL).returncode == 0
    subprocess.run(["pkill", "-9", "-f", f"{people.path}/disk"], check=False)
    (people.path / "disk").rename(people.path / "unmounted")
    place(people, "there")
    plan = people.gsctl("plan")
    assert "is not there" in plan.stdout + plan.stderr
    assert people.gsctl("apply", "-y").returncode == 1
    assert not (people.path / "there").exists()
    (people.path / "unmounted").rename(people.path / "disk")
    people.applied()
    assert people.is_settled()
    assert people.rows(ALL) == [[20, 19]]


def test_a_graph_moves_to_another_engine(people: Repository) -> None:
    people.write(rows=20)
    people.applied()
    by_hand(people)
    document = people.path / "gsctl.yaml"
    text = document.read_text()
    other = (
        f"---\nkind: Engine\nmetadata: {{name: other}}\nspec: {{type: neug, mode: {people.mode}}}\n"
    )
    document.write_text(text.replace("engine: main", "engine: other") + other)
    plan = json.loads(people.gsctl("plan", "--json").stdout)
    actions = {c["address"]: c["change"]["actions"] for c in plan["resource_changes"]}
    assert actions["Graph/people"] == ["create", "delete"]
    assert plan["summary"]["destroy"] == 0
    people.applied()
    assert people.is_settled()
    assert people.rows(ALL) == [[21, 1000]]
    assert (engine_folder(people) / "engine.json").exists()
    assert not list(engine_folder(people).glob(".graphs/*"))


def steal(port: int, place: Path, over: threading.Event, held: list[socket.socket]) -> None:
    """Listen on a port as soon as nobody does, once a graph's pointer lies at a place."""
    while not over.is_set():
        time.sleep(0.001)
        if any(place.glob(".graphs/*/serving.json")):
            thief = socket.socket()
            thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                thief.bind(("127.0.0.1", port))
                thief.listen()
                held.append(thief)
                return
            thief.close()


@pytest.mark.parametrize("endpoint", ["", "relay: true"])
def test_a_port_that_is_stolen_during_a_move_costs_the_move_alone(
    people: Repository, endpoint: str
) -> None:
    people.write(rows=20, endpoint=endpoint)
    people.applied()
    by_hand(people)
    status = json.loads(people.gsctl("get", "Graph/people", "-o", "json").stdout)["status"]
    port = int(status["endpoint"].rpartition(":")[2])
    place(people, "there")
    over, held = threading.Event(), []
    thief = threading.Thread(target=steal, args=(port, people.path / "there", over, held))
    thief.start()
    try:
        failed = people.gsctl("apply", "-y")
    finally:
        over.set()
        thief.join()
        for one in held:
            one.close()
    assert held, "nobody stole the port"
    assert failed.returncode == 1
    assert "VF101" in failed.stderr
    assert "PX101" not in failed.stderr, "what was not tried is not said to be done"
    people.applied()  # the old place answers again; the move waits
    assert "Held:" in people.gsctl("plan").stdout
    assert people.is_settled()
    assert people.rows(ALL) == [[21, 1000]]
    assert people.gsctl("unhold", "Graph/people").returncode == 0
    people.applied()
    assert people.is_settled()
    assert people.rows(ALL) == [[21, 1000]]
    assert not engine_folder(people).exists()


@pytest.mark.slow
def test_a_kill_at_any_boundary_of_a_move_loses_nothing(people: Repository) -> None:
    people.write(rows=20)
    people.applied()
    by_hand(people)
    boundary, paths, here = 0, ["there", "yonder"], 0
    while True:
        boundary += 1
        place(people, paths[1 - here])
        ended = people.die_at(boundary)
        if ended == 0:
            break
        assert ended == -9
        if boundary % 3 == 0:  # taken back half way
            place(people, paths[here])
        else:
            here = 1 - here
        assert people.die_at(0) == 0, people.events.read_text()
        assert people.rows(ALL) == [[21, 1000]]
    assert boundary > 10
    folders = sorted(p.name for p in people.path.iterdir() if p.name in paths)
    assert len(folders) == 1
