"""Rows that come between a plan and what it does: the plan did not count them, so they are not lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from inside import codes, writing
from repository import Repository

from reconciler.model.plan import Outcome, Request

pytestmark = pytest.mark.engine
LATE = "CREATE (:Person {id: 2000, name: 'late', age: 7})"
FOUND = "MATCH (p:Person) WHERE p.id = 2000 RETURN p.name"


@pytest.fixture(params=["served", "embedded"])
def people(people: Repository, request: pytest.FixtureRequest) -> Repository:
    """A graph that was applied, in both modes."""
    found = Repository(people.path, request.param, people.engine)
    found.write(rows=20)
    found.applied()
    return found


def done_late(people: Repository, request: Request, late: Callable[[], None]) -> Outcome:
    """Plan, let somebody write, and do what was planned."""
    with writing(people) as api:
        planned = api.plan(request)
        late()
        return api.apply(planned, lambda _: None, threading.Event(), 1).outcome


def test_a_row_that_was_written_before_the_copy_is_begun_is_not_left_behind(
    people: Repository,
) -> None:
    people.write(rows=20, version=2)
    outcome = done_late(people, Request(), lambda: people.write_by_hand(LATE))
    assert codes(outcome) == {"WR101"}
    assert people.rows(FOUND) == [["late"]]
    assert people.ages() == [1, 7, 21]
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3, "it is told of now"
    assert "1 row would be lost" in refused.stderr + refused.stdout


def test_a_graph_that_was_written_to_is_not_removed(people: Repository) -> None:
    documents = people.path / "gsctl.yaml"
    documents.write_text("---\n".join(documents.read_text().split("---\n")[:2]))
    people.write_by_hand("CREATE (:Person {id: 1000, name: 'told of', age: 7})")
    known = Request(allow_deletes=True)
    assert codes(done_late(people, known, lambda: people.write_by_hand(LATE))) == {"WR101"}
    assert people.rows(FOUND) == [["late"]]
    people.applied("--allow-deletes")


def test_without_anybody_beside_it_nothing_is_in_the_way(people: Repository) -> None:
    people.write(rows=20, version=2)
    assert done_late(people, Request(), lambda: None).ok
    assert people.ages() == [2, 2, 20]
