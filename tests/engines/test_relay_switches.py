"""A served graph behind a relay: clients stay while copies change."""

from __future__ import annotations

import http.client
import json

import pytest
from asking import Asking
from relayed import RELAY, counted, pointer, status, told, units
from repository import Repository

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("switches", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_client_on_one_connection_sees_switches_and_no_error(
    people: Repository, switches: int
) -> None:
    people.write(version=1, endpoint=RELAY)
    people.applied()
    with Asking(pointer(people).port) as reader:
        for version in range(2, switches + 2):
            people.write(version=version, endpoint=RELAY)
            people.applied()
    assert reader.errors == []
    assert reader.connections == 1
    assert len(set(reader.answers)) == switches + 1, "each version was read, and no mixture of two"
    assert counted(people) == (1, 1)
    assert people.is_settled()


def test_a_relay_comes_and_goes_on_the_same_port(people: Repository) -> None:
    people.write()
    people.applied()
    port = pointer(people).port
    for endpoint, relays in ((RELAY, 1), ("", 0), (RELAY, 1)):
        people.write(endpoint=endpoint)
        plan = people.gsctl("plan").stdout
        assert "endpoint.relay" in plan
        assert "1 to change" in plan
        people.applied()
        assert (pointer(people).port, *counted(people)) == (port, 1, relays)
        assert status(people)["endpoint"] == f"http://127.0.0.1:{port}"
        assert people.is_settled()
        assert people.ages()[2] == 200


def test_back_and_on_again_without_an_error(people: Repository) -> None:
    people.write(version=1, endpoint=RELAY)
    people.applied()
    people.write(version=2, endpoint=RELAY)
    people.applied()
    with Asking(pointer(people).port) as reader:
        assert people.gsctl("rollback", "Graph/people", "-y").returncode == 0
        assert people.gsctl("unhold", "Graph/people").returncode == 0
        people.applied()
    assert reader.errors == []
    assert len(set(reader.answers)) == 2
    assert counted(people) == (1, 1)


def test_a_relay_that_died_degrades_the_graph_and_the_next_apply_starts_it(
    people: Repository,
) -> None:
    people.write(endpoint=RELAY)
    people.applied()
    before = units(people)
    before["relay"][0].kill()
    before["relay"][0].wait(10)
    told_of = status(people)
    assert (told_of["phase"], told_of["reason"]) == ("Degraded", "RelayDown")
    assert "its relay does not run" in people.gsctl("plan").stdout
    people.applied()
    assert units(people)["server"] == before["server"], "the server went on"
    assert status(people)["phase"] == "Ready"


def test_a_change_beside_a_dead_relay_brings_both(people: Repository) -> None:
    people.write(version=1, endpoint=RELAY)
    people.applied()
    units(people)["relay"][0].kill()
    people.write(version=2, endpoint=RELAY)
    people.applied()
    assert counted(people) == (1, 1)
    assert people.ages()[0] == 2


def test_a_server_that_died_is_waited_for_by_the_relay(people: Repository) -> None:
    people.write(endpoint=RELAY)
    people.applied()
    with Asking(pointer(people).port) as reader:
        while not reader.answers:
            pass
        units(people)["server"][0].kill()
        people.applied()
        seen = len(reader.answers)
        while len(reader.answers) < seen + 10:
            pass
    # The one who was being answered lost his answer; whoever came then waited, or was told.
    assert all("gsctl relay: " in error for error in reader.errors), reader.errors


def test_rows_written_beside_a_change_are_not_left_behind(people: Repository) -> None:
    people.write(endpoint=RELAY, extra=", town: string")
    people.applied()
    port = pointer(people).port
    people.write(endpoint=RELAY)
    with Asking(port) as reader:
        dying = people.die_at(1, "Switch")
        assert dying == -9
        query = 'CREATE (:Person {id: 999, name: "w", age: 1, town: "t"})'
        assert told(port, query) == 200
        refused = people.gsctl("apply", "-y", "--allow-deletes")
        assert "WR101" in refused.stdout + refused.stderr
        assert counted(people) == (1, 1)
        people.applied("--allow-deletes")
    assert reader.errors == []
    assert people.ages()[2] == 201


@pytest.mark.parametrize("engine", ["ladybug"])
def test_a_client_of_another_engine_stays_through_a_switch_too(people: Repository) -> None:
    people.write(version=1, rows=50, endpoint=RELAY)
    people.applied()
    client = http.client.HTTPConnection("127.0.0.1", pointer(people).port, timeout=30)
    found = []
    kept = None
    for version in (1, 2):
        people.write(version=version, rows=50, endpoint=RELAY)
        people.applied()
        query = "MATCH (p:Person) RETURN min(p.age), max(p.age), count(p)"
        client.request("POST", "/query", json.dumps({"query": query}),
                       {"Content-Type": "application/json"})  # fmt: skip
        found += json.loads(client.getresponse().read())["rows"]
        assert client.sock is (kept or client.sock)
        kept = client.sock
    client.close()
    assert found == [[1, 1, 50], [2, 2, 50]]
    assert counted(people) == (1, 1)
    assert people.is_settled()
