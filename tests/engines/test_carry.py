"""Rows and values made by hand, on a real engine: they come along into whatever is rebuilt."""

from __future__ import annotations

import pytest
from repository import Repository

pytestmark = pytest.mark.engine


BY_HAND = (
    "CREATE (:Person {id: 1000, name: 'ä,\"x', age: 77, town: 'Ulm'})",
    "MATCH (a:Person {id: 1000}), (b:Person {id: 3}) CREATE (a)-[:KNOWS {since: 1999}]->(b)",
    "MATCH (p:Person {id: 5}) SET p.town = 'Bern'",
)


@pytest.mark.parametrize("mode", ["served", "embedded"])
def test_a_rebuilt_type_keeps_what_was_made_by_hand(people: Repository, mode: str) -> None:
    people = Repository(people.path, mode)
    people.write(version=7, rows=20, extra=", town: string")
    people.applied()
    people.write_by_hand(*BY_HAND)
    people.write(version=7, rows=20, extra=", town: string", age="int32")
    plan = people.gsctl("plan")
    assert "would be lost" not in plan.stdout
    people.applied()
    assert people.is_settled()
    assert people.rows(
        "MATCH (p:Person {id: 1000}) RETURN p.name AS n, p.age AS a, p.town AS t"
    ) == [['ä,"x', 77, "Ulm"]]
    assert people.rows("MATCH (p:Person {id: 5}) RETURN p.town AS t") == [["Bern"]]
    assert people.rows(
        "MATCH (:Person)-[k:KNOWS]->(:Person) RETURN count(k) AS n, min(k.since) AS s"
    ) == [[21, 7]]
    people.write(version=8, rows=20, extra=", town: string", age="int32")
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3
    assert "1 row" in refused.stdout + refused.stderr


def test_values_whose_column_is_gone_are_not_lost_without_a_word(people: Repository) -> None:
    """Renamed, and the file still calls its column as before: the rebuilt type would have none."""
    people.write(version=7, rows=20)
    people.applied()
    people.write(version=7, rows=20, age="int32")
    documents = people.path / "gsctl.yaml"
    text = documents.read_text().replace("name: string", "title: {type: string, renamedFrom: name}")
    documents.write_text(text)
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3
    assert "Graph/people.vertices.Person.title: 20" in refused.stdout + refused.stderr
    assert people.rows("MATCH (p:Person {id: 3}) RETURN p.name AS n") == [["n3"]]
    file = people.path / "data/person.csv"
    file.write_text(file.read_text().replace("id,name,age", "id,title,age"))
    people.applied()
    assert people.rows("MATCH (p:Person {id: 3}) RETURN p.title AS t") == [["n3"]]


def test_rows_that_do_not_cast_fail_by_their_keys(people: Repository) -> None:
    people.write(version=7, rows=20, extra=", town: string")
    people.applied()
    people.write_by_hand(BY_HAND[0])
    people.write(version=7, rows=20, extra=", town: int64")
    assert "come along" in people.gsctl("plan").stdout
    failed = people.gsctl("apply", "-y")
    assert failed.returncode == 1
    told = failed.stdout + failed.stderr
    assert "CA102" in told
    assert "Person 1000" in told
    assert people.rows("MATCH (p:Person) RETURN count(p) AS n") == [[21]]


def test_another_key_maps_the_ends_of_edges(people: Repository) -> None:
    people.write(version=7, rows=20)
    people.applied()
    people.write_by_hand(
        "MATCH (a:Person {id: 1}), (b:Person {id: 3}) CREATE (a)-[:KNOWS {since: 1999}]->(b)",
    )
    path = people.path / "gsctl.yaml"
    path.write_text(path.read_text().replace("key: id,", "key: name,"))
    (people.path / "data/knows.csv").write_text("src,dst,since\n" + "".join(
        f"n{i},n{(i + 7) % 20},7\n" for i in range(20)))  # fmt: skip
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3, "the load is stale, and there is an edge that it does not bring"
    people.write(version=7, rows=20, load=False)
    people.applied()
    path.write_text(path.read_text().replace("key: id,", "key: name,"))
    people.applied()
    assert people.is_settled()
    query = "MATCH (a:Person)-[k:KNOWS {since: 1999}]->(b:Person) RETURN a.id AS a, b.name AS b"
    assert people.rows(query) == [[1, "n3"]]
    assert people.rows("MATCH (:Person)-[k:KNOWS]->(:Person) RETURN count(k) AS n") == [[21]]


def test_a_copy_made_anew_keeps_what_no_load_brings(people: Repository) -> None:
    people.write(version=7, rows=20, extra=", town: string")
    people.applied()
    people.write_by_hand(*BY_HAND)
    people.applied("--rebuild", "Graph/people")
    assert people.rows("MATCH (p:Person) RETURN count(p) AS n, max(p.age) AS a") == [[21, 77]]
    assert people.is_settled()
