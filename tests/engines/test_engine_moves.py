"""Another mode, another name of a graph, of a type, of a property: the data stays."""

from __future__ import annotations

import json

import pytest
from repository import Repository

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("engine", ["neug", "ladybug"])]


def people_of(people: Repository, graph: str = "people", label: str = "Person") -> list[int]:
    """How many there are, and their highest age."""
    query = f"MATCH (p:{label}) RETURN count(p) AS n, max(p.age) AS age"
    return people.rows(query, graph)[0]


def changed(people: Repository, *pairs: tuple[str, str]) -> None:
    """Write other words into the documents."""
    path = people.path / "gsctl.yaml"
    text = path.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def test_a_graph_moves_between_its_modes_with_its_data(people: Repository) -> None:
    people.write(version=7)
    people.applied()
    for old, new in (("served", "embedded"), ("embedded", "served")):
        changed(people, (f"mode: {old}", f"mode: {new}"))
        plan = people.gsctl("plan").stdout
        assert ">    Graph/people" in plan
        assert "1 to move" in plan
        people.applied()
        assert people.is_settled()
        assert people_of(people) == [200, 7]


def test_a_renamed_graph_is_the_same_graph(people: Repository) -> None:
    people.write(version=7)
    people.applied()
    changed(people, ("metadata: {name: people}\nspec:\n  engine",
                     "metadata: {name: folk, renamedFrom: people}\nspec:\n  engine"),
            ("graph: people", "graph: folk"))  # fmt: skip
    plan = json.loads(people.gsctl("plan", "--json").stdout)
    assert plan["summary"]["add"] == plan["summary"]["destroy"] == 0
    people.applied()
    assert people.is_settled()
    assert people_of(people, "folk") == [200, 7]
    assert people.gsctl("get", "Graph/people").returncode == 1


def test_a_renamed_type_and_property_keep_their_data(people: Repository) -> None:
    people.write(version=7)
    people.applied()
    changed(people, ("name: string,", "called: {type: string, renamedFrom: name},"))
    people.applied()
    assert people.is_settled()
    assert people.rows("MATCH (p:Person {id: 3}) RETURN p.called AS c") == [["n3"]]
    changed(people, ("Person: {key: id", "Human: {renamedFrom: Person, key: id"),
            ("from: Person, to: Person", "from: Human, to: Human"),
            ("vertices: {Person: {files", "vertices: {Human: {files"), ("p:Person", "p:Human"))  # fmt: skip
    plan = people.gsctl("plan").stdout
    assert "vertices.Human: Person -> Human" in plan
    people.applied()
    assert people.is_settled()
    assert people_of(people, label="Human") == [200, 7]
