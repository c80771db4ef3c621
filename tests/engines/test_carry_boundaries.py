"""kill -9 at every boundary of a change in which rows come along: none is lost, none comes twice."""

from __future__ import annotations

import json

import pytest
from repository import Repository


@pytest.mark.engine
@pytest.mark.slow
def test_a_kill_at_any_boundary_of_a_carry_loses_no_row(people: Repository) -> None:
    people.write(rows=20, load=False)
    people.applied()
    people.write_by_hand("CREATE (:Person {id: 1, name: 'a', age: 3})", "CREATE (:Person {id: 2, name: 'b'})",
                  "MATCH (a:Person {id: 1}), (b:Person {id: 2}) CREATE (a)-[:KNOWS {since: 7}]->(b)")  # fmt: skip
    boundary, ages = 0, ["int64", "int32"]
    while True:
        boundary += 1
        people.write(rows=20, load=False, age=ages[boundary % 2])
        ended = people.die_at(boundary)
        if ended == 0:
            break
        assert ended == -9
        assert people.die_at(0) == 0, people.events.read_text()
        query = "MATCH (a:Person)-[k:KNOWS]->(b:Person) RETURN a.age AS a, k.since AS s, b.id AS b"
        assert people.rows(query) == [[3, 7, 2]]
    assert boundary > 12
    carried = [line for line in people.events.read_text().splitlines() if "CarryType" in line]
    assert carried


@pytest.mark.engine
def test_where_no_copy_is_kept_a_running_server_drops_and_renames(people: Repository) -> None:
    people.write(rows=20, keep="0s", extra=", town: string")
    people.applied()
    before = json.loads(people.gsctl("get", "Graph/people", "-o", "json").stdout)["status"]["copy"]
    path = people.path / "gsctl.yaml"
    text = path.read_text().replace(", town: string", "")
    path.write_text(text.replace("name: string", "called: {type: string, renamedFrom: name}"))
    data = people.path / "data/person.csv"
    data.write_text(data.read_text())
    load = "vertices: {Person: {files: [data/person.csv]}}"
    path.write_text(path.read_text().replace(
        load, "vertices: {Person: {files: [data/person.csv], columns: {called: name}}}"))  # fmt: skip
    assert "while it serves" in people.gsctl("plan").stdout
    people.applied()
    assert people.is_settled()
    status = json.loads(people.gsctl("get", "Graph/people", "-o", "json").stdout)["status"]
    assert status["copy"] == before, "it was changed where it is"
    assert people.rows("MATCH (p:Person {id: 3}) RETURN p.called AS c") == [["n3"]]
