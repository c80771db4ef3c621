"""`strategy: recreate` on real engines: the old copy goes first, and all that costs is told."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from inside import writing
from relayed import RELAY, counted, pointer
from repository import Repository

from reconciler.model.event import Event, Finished

pytestmark = pytest.mark.engine
BOTH = [("neug", "embedded"), ("neug", "served"), ("ladybug", "embedded"), ("ladybug", "served")]


def recreating(people: Repository, **changed: object) -> None:
    people.write(**{"rows": 30, "strategy": "recreate", **changed})


def copies(people: Repository) -> list[str]:
    """The folders of copies, begun, kept or answering."""
    graphs = people.path / ".gsctl/default/default/main/.graphs"
    found = [*graphs.glob("*/building/*"), *graphs.glob("*/copies/*"), *graphs.glob("*/current")]
    return sorted(str(path.relative_to(graphs)) for path in found)


def status(people: Repository) -> dict:
    return json.loads(people.gsctl("get", "Graph/people", "-o", "json").stdout)["status"]


@pytest.mark.parametrize(("engine", "mode"), BOTH)
def test_the_old_copy_goes_before_the_new_one_is_made(people: Repository, mode: str) -> None:
    people = replace(people, mode=mode)
    people.write(rows=30)
    people.applied()
    before = status(people)
    recreating(people, version=2, age="int32")
    plan = people.gsctl("plan").stdout
    assert "-/+  Graph/people" in plan
    assert "its copy goes first: nothing answers until a new one is filled and verified" in plan
    assert "reads pause" in plan
    seen: list[int] = []

    def look(event: Event) -> None:
        if isinstance(event, Finished):
            seen.append(len(copies(people)))

    with writing(people) as api:
        outcome = api.apply(api.plan(), look, threading.Event(), 1).outcome
    assert outcome.ok, outcome.failed
    assert (min(seen), max(seen)) == (0, 1), "never two, and none between"
    assert people.is_settled()
    assert people.ages() == [2, 2, 30]
    after = status(people)
    assert after["endpoint"] == before["endpoint"], "it answers where it did"
    assert after["previousCopy"] is None
    assert people.gsctl("rollback", "Graph/people", "-y").returncode == 1


@pytest.mark.parametrize("engine", ["neug", "ladybug"])
def test_rows_that_no_load_brings_are_a_refused_loss(people: Repository) -> None:
    people = replace(people, mode="embedded")
    recreating(people)
    people.applied()
    people.write_by_hand("CREATE (:Person {id: 1000, name: 'by hand', age: 9})")
    recreating(people, version=2)
    before = copies(people)
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3
    assert "Graph/people.vertices.Person: 1 row would be lost" in refused.stderr + refused.stdout
    assert copies(people) == before
    assert people.ages() == [1, 9, 31]
    people.applied("--allow-deletes")
    assert people.ages() == [2, 2, 30]


@pytest.mark.parametrize(("engine", "mode"), [("neug", "served"), ("ladybug", "embedded")])
def test_a_load_that_fails_meanwhile_says_that_nobody_is_answered(
    people: Repository, mode: str
) -> None:
    people = replace(people, mode=mode)
    recreating(people)
    people.applied()
    recreating(people, version=2)
    file = people.path / "data/person.csv"
    file.write_text(file.read_text() + "30,n30,many\n")
    failed = people.gsctl("apply", "-y")
    assert failed.returncode == 1
    assert "person.csv:32" in failed.stderr
    assert "Graph/people answers nobody: its old copy went first" in failed.stderr
    now = status(people)
    assert (now["phase"], now["reason"]) == ("Failed", "Recreating")
    asked = people.gsctl("query", "people", "MATCH (p:Person) RETURN count(p) AS n")
    assert asked.returncode == 1
    assert "Traceback" not in asked.stderr
    assert "-/+  Graph/people" in people.gsctl("plan").stdout
    recreating(people, version=3)
    people.applied()
    assert people.is_settled()
    assert people.ages() == [3, 3, 30]


def test_a_wish_that_is_taken_back_before_the_old_copy_went_costs_nothing(
    people: Repository,
) -> None:
    recreating(people)
    people.applied()
    recreating(people, version=2)
    assert people.die_at(1, "ClearGraph") == -9
    recreating(people)
    people.applied()
    assert people.is_settled()
    assert people.ages() == [1, 1, 30]


def test_a_graph_behind_a_relay_comes_anew_on_its_port(people: Repository) -> None:
    recreating(people, endpoint=RELAY)
    people.applied()
    port = pointer(people).port
    recreating(people, version=2, endpoint=RELAY)
    people.applied()
    assert people.is_settled()
    assert people.ages() == [2, 2, 30]
    assert pointer(people).port == port
    assert counted(people) == (1, 1)
