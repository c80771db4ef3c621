"""A graph on an engine of another type: its rows come along, checked, and nothing stays behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from inside import codes, writing
from repository import Repository

from reconciler.engines.ladybug import program
from reconciler.model.event import Event, Finished
from reconciler.model.plan import Outcome

pytestmark = pytest.mark.engine
OTHER = {"neug": "ladybug", "ladybug": "neug"}
ROWS = "MATCH (p:Person) RETURN p.id AS id, p.name, p.age, p.note ORDER BY id"
EDGES = "MATCH (a:Person)-[k:KNOWS]->(b:Person) RETURN a.id, b.id, k.since ORDER BY a.id, b.id"
EXTRA = ", note: string"


@pytest.fixture(autouse=True)
def _both(neug_python: Path, ladybug_python: Path) -> None:
    """Both runtimes are there."""


def set_up(people: Repository, mode: str) -> Repository:
    """Twenty loaded rows and, of no file, a row with its edge and a value."""
    hand = replace(people, mode="embedded")  # a served Ladybug answers and takes no writes
    hand.write(rows=20, extra=EXTRA)
    declare_both(hand)
    hand.applied()
    hand.write_by_hand(
        "CREATE (:Person {id: 1000, name: 'said \"x\", twice', age: 9, note: ''})",
        "MATCH (a:Person), (b:Person) WHERE a.id = 1000 AND b.id = 3 CREATE (a)-[:KNOWS {since: 7}]->(b)",
        "MATCH (p:Person) WHERE p.id = 5 SET p.note = 'by hand'",
    )
    document = people.path / "gsctl.yaml"
    document.write_text(document.read_text().replace("mode: embedded", f"mode: {mode}"))
    people.applied()
    return people


def declare_both(people: Repository) -> None:
    """An engine of the other type beside the one that the graph is on."""
    document = people.path / "gsctl.yaml"
    document.write_text(
        f"{document.read_text()}---\nkind: Engine\nmetadata: {{name: other}}\n"
        f"spec: {{type: {OTHER[people.engine]}, mode: {people.mode}}}\n"
    )


def wish_on(people: Repository, name: str) -> None:
    document = people.path / "gsctl.yaml"
    text = document.read_text()
    before = "engine: main" if "engine: main" in text else "engine: other"
    document.write_text(text.replace(before, f"engine: {name}"))


@pytest.mark.parametrize("mode", ["embedded", "served"])
def test_a_graph_moves_to_an_engine_of_another_type_and_back(people: Repository, mode: str) -> None:
    people = set_up(people, mode)
    rows, edges = people.rows(ROWS), people.rows(EDGES)
    assert (len(rows), len(edges)) == (21, 21)
    assert rows[5][3] == "by hand"
    wish_on(people, "other")
    plan = people.gsctl("plan").stdout
    assert f"engine.type: {people.engine} -> {OTHER[people.engine]}" in plan
    assert "would be lost" not in plan
    people.applied()
    assert people.is_settled()
    assert (people.rows(ROWS), people.rows(EDGES)) == (rows, edges)
    assert not (people.path / ".gsctl/default/default/main/people").exists()
    wish_on(people, "main")
    people.applied()
    assert people.is_settled()
    assert (people.rows(ROWS), people.rows(EDGES)) == (rows, edges)


def applied_here(people: Repository, report: Callable[[Event], None]) -> Outcome:
    """An apply in this process, told of every event."""
    with writing(people) as api:
        return api.apply(api.plan(), report, threading.Event(), 1).outcome


def test_a_row_that_is_written_while_the_copy_is_made_is_not_left_behind(
    people: Repository,
) -> None:
    people = set_up(people, "embedded")
    wish_on(people, "other")
    late = "CREATE (:Person {id: 2000, name: 'late', age: 1, note: ''})"

    def write(event: Event) -> None:
        if isinstance(event, Finished) and "VerifyCopy" in event.step:
            people.write_by_hand(late)

    assert codes(applied_here(people, write)) == {"WR101"}
    rows = people.rows(ROWS)
    assert [2000, "late", 1, ""] in rows
    people.applied()
    assert people.rows(ROWS) == rows
    assert people.is_settled()


def test_where_the_new_server_does_not_come_up_the_old_one_answers_again(
    people: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = set_up(people, "served")
    rows = people.rows(ROWS)
    wish_on(people, "other")
    with monkeypatch.context() as broken:
        broken.setattr(program, "server_arguments", lambda _: ["no", "such", "numbers"])
        assert codes(applied_here(people, lambda _: None)) == {"VF101"}
    assert people.rows(ROWS) == rows
    people.applied()  # its wish is held: nothing is tried again
    assert people.rows(ROWS) == rows
    assert people.gsctl("unhold", "Graph/people").returncode == 0
    people.applied()
    assert people.is_settled()
    assert people.rows(ROWS) == rows


@pytest.mark.slow
def test_a_kill_within_any_step_of_the_move_loses_nothing(people: Repository) -> None:
    people = set_up(people, "embedded")
    rows, edges = people.rows(ROWS), people.rows(EDGES)
    places = ["other", "main"]
    for number, step in enumerate(
        ("BuildCopy", "ExportType", "CarryType", "Switch", "RemoveGraph")
    ):
        wish_on(people, places[number % 2])
        assert people.die_at(2, step) == -9, step
        assert people.rows(ROWS) == rows
        people.applied()
        assert people.is_settled()
        assert (people.rows(ROWS), people.rows(EDGES)) == (rows, edges)
