"""Another version of the engine: a clone is opened by it, verified, switched to; and back again."""

from __future__ import annotations

import psutil
import pytest
from repository import Repository

from reconciler import runtimes

pytestmark = pytest.mark.engine
OLD, NEW = "0.2.1", "0.3.0"


@pytest.fixture(scope="module")
def old_neug() -> None:
    try:
        runtimes.ensure("neug", OLD, f"neug=={OLD}", print)
    except runtimes.RuntimeUnavailable as error:
        pytest.skip(f"no NeuG {OLD}: {error}")


def set_version(people: Repository, version: str) -> None:
    path = people.path / "gsctl.yaml"
    text = path.read_text()
    for known in (OLD, NEW):
        text = text.replace(f', version: "{known}"', "")
    path.write_text(text.replace("{type: neug", f'{{type: neug, version: "{version}"', 1))


def rows(people: Repository) -> list[object]:
    return people.rows("MATCH (p:Person) RETURN count(p) AS n, max(p.id) AS m")[0]


def server_of(people: Repository) -> str:
    """The command of the graph's server."""
    found = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    (command,) = [c for c in found if str(people.path) in c and " serve " in c]
    return command


@pytest.mark.parametrize("mode", ["served", "embedded"])
def test_an_upgrade_keeps_the_data_and_can_be_taken_back(
    people: Repository, mode: str, old_neug: None
) -> None:
    people = Repository(people.path, mode)
    people.write(rows=20)
    set_version(people, OLD)
    people.applied()
    people.write_by_hand("CREATE (:Person {id: 1000, name: 'ä', age: 1})")
    assert people.is_settled()

    set_version(people, NEW)
    plan = people.gsctl("plan").stdout
    assert "0.2.1 -> 0.3.0" in plan
    assert "would be lost" not in plan
    people.applied()
    assert people.is_settled()
    assert rows(people) == [21, 1000]
    if mode == "served":
        assert f"neug-{NEW}" in server_of(people)

    back = people.gsctl("rollback", "Graph/people", "-y")
    assert back.returncode == 0, back.stdout + back.stderr
    assert rows(people) == [21, 1000]
    if mode == "served":
        assert f"neug-{OLD}" in server_of(people), "a copy is served by the engine that wrote it"


def test_an_older_engine_opens_what_a_newer_one_wrote(people: Repository, old_neug: None) -> None:
    people.write(rows=20)
    people.applied()
    set_version(people, OLD)
    people.applied()
    assert people.is_settled()
    assert rows(people) == [20, 19]
    people.write(version=2, rows=30)
    set_version(people, OLD)
    people.applied()
    assert rows(people) == [30, 29]
