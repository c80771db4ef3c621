"""What an Engine says of memory is the most that its servers get: a query without end finds it."""

from __future__ import annotations

import json
import resource

import psutil
import pytest
from relayed import pointer, units
from repository import Repository

pytestmark = pytest.mark.engine
NAMES = "abcdefgh"
WITHOUT_END = (
    f"MATCH {', '.join(f'({name}:Person)' for name in NAMES)} "
    f"WHERE {' + '.join(f'{name}.id' for name in NAMES)} < 0 RETURN count(*)"
)


def bounded(people: Repository, memory: str) -> None:
    people.write(rows=20)
    document = people.path / "gsctl.yaml"
    engine = f"type: {people.engine}, mode: served"
    told = document.read_text().replace(engine, f"{engine}, resources: {{memory: {memory}}}")
    document.write_text(told)
    done = people.gsctl("apply", "-y")
    assert done.returncode == 0, done.stderr


def limit(people: Repository) -> int:
    (server,) = units(people)["server"]
    return psutil.Process(server.pid).rlimit(resource.RLIMIT_DATA)[0]


def rows(people: Repository) -> int:
    asked = people.gsctl("query", "people", "MATCH (p:Person) RETURN count(p) AS n", "--json")
    return json.loads(asked.stdout)["rows"][0][0]


@pytest.mark.slow
def test_a_query_that_takes_more_ends_with_its_server_and_not_with_the_machine(
    people: Repository,
) -> None:
    bounded(people, "1Gi")
    assert limit(people) == 1 << 30
    asked = people.gsctl("query", "people", WITHOUT_END)
    assert asked.returncode == 1
    assert "the server does not answer" in asked.stderr
    assert not units(people)["server"]
    port = pointer(people).port
    assert people.gsctl("apply", "-y").returncode == 0
    assert (rows(people), pointer(people).port) == (20, port)


def test_another_limit_is_a_restart(people: Repository) -> None:
    bounded(people, "1Gi")
    document = people.path / "gsctl.yaml"
    document.write_text(document.read_text().replace("1Gi", "768Mi"))
    plan = json.loads(people.gsctl("plan", "--json").stdout)
    found = {one["address"]: one["strategy"] for one in plan["resource_changes"]}
    assert found["Graph/people"] == "restart"
    assert people.gsctl("apply", "-y").returncode == 0
    assert limit(people) == 768 << 20
    assert "No changes." in people.gsctl("plan").stdout


@pytest.mark.parametrize("engine", ["ladybug"])
def test_ladybug_keeps_to_its_pages(people: Repository) -> None:
    bounded(people, "256Mi")
    assert rows(people) == 20
    (server,) = units(people)["server"]
    assert str(192 << 20) in server.cmdline()
