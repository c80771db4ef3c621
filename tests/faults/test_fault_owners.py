"""Things of others: another environment, another checkout, another owner, a person with a client."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest
from town import Town, graph, neug, said

pytestmark = pytest.mark.engine
Another = Callable[..., Town]


def test_two_environments_on_one_root_do_not_meet(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    overlays = town.path / "environments"
    overlays.mkdir()
    (overlays / "dev.yaml").write_text(
        "kind: Graph\nmetadata: {name: a}\nspec: {keepPrevious: 2h}\n"
    )
    town.applied()
    dev = town.gsctl("-e", "dev", "apply", "-y")
    assert dev.returncode == 0, said(dev)
    assert "1 loaded" in said(dev)
    assert len(town.servers("a")) == 2
    town.people("a", age=2)
    assert town.gsctl("-e", "dev", "apply", "-y").returncode == 0
    assert town.ages("a") == [1, 1, 50, 50]
    gone = town.gsctl("-e", "dev", "destroy", "-y", "--allow-deletes")
    assert gone.returncode == 0, said(gone)
    assert len(town.servers("a")) == 1
    assert town.ages("a") == [1, 1, 50, 50]
    assert not (town.path / ".gsctl/dev/default/main").exists()


def test_another_checkout_of_the_same_owner_names_the_root_and_touches_nothing(
    town: Town, another: Another
) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    server = town.server("a")
    twin = another("twin", given_id=town.id)
    twin.people("a", age=2)
    twin.declare(graph("a"))
    plan = twin.gsctl("plan")
    assert "Runs under another root" in said(plan)
    assert str(town.path / ".gsctl") in said(plan)
    for words in (["apply", "-y"], ["apply", "-y", "--allow-deletes"], ["destroy", "-y"]):
        done = twin.gsctl(*words)
        assert done.returncode == 3, (words, said(done))
        assert str(town.path / ".gsctl") in said(done)
    assert not (twin.path / ".gsctl").exists()
    assert town.server("a") == server
    assert town.ages("a") == [1, 1, 50, 50]
    assert town.is_settled()


def test_a_root_that_was_copied_with_its_data_serves_nothing_of_the_first(
    town: Town, another: Another
) -> None:
    """cp -a of the whole folder, while the first one serves."""
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    server = town.server("a")
    copied = another("copied", given_id=town.id)
    shutil.copytree(town.path, copied.path, dirs_exist_ok=True, symlinks=True,
                    ignore=shutil.ignore_patterns("wal"))  # fmt: skip
    apply = copied.gsctl("apply", "-y")
    assert apply.returncode == 3
    assert str(town.path / ".gsctl") in said(apply)
    assert town.server("a") == server
    assert town.ages("a") == [1, 1, 50, 50]


def test_a_database_of_somebody_else_is_shown_never_touched_and_left_by_destroy(
    town: Town,
) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    place = town.place("b")
    neug(town.python, str(place), "CREATE NODE TABLE T(id INT64 PRIMARY KEY)",
         "CREATE (:T {id: 7})", "CHECKPOINT")  # fmt: skip
    assert town.is_settled()
    listed = town.gsctl("get", "graphs")
    assert "Graph b Ready Foreign" in said(listed)
    town.people("a", age=2)
    town.people("b")
    town.declare(graph("a"), graph("b"))
    apply = town.gsctl("apply", "-y", "--allow-deletes")
    assert apply.returncode == 1
    assert "Graph/b: exists, and is not ours" in said(apply)
    assert town.ages("a") == [2, 2, 50, 50]
    town.declare(graph("a"))
    gone = town.gsctl("destroy", "-y", "--allow-deletes")
    assert gone.returncode == 0, said(gone)
    assert "also holds b, which is not ours: the engine stays" in said(gone)
    assert town.servers("a") == []
    assert not town.place("a").exists()
    assert neug(town.python, str(place), "MATCH (t:T) RETURN t.id") == [[7]]
    town.applied()
    assert town.is_settled()


def test_an_engine_folder_of_another_owner_is_never_touched(town: Town, another: Another) -> None:
    shared = str(town.path.with_name("shared"))
    town.path.with_name("shared").mkdir()
    first = replace(town, home=f"{shared}/main")
    first.people("a")
    first.declare(graph("a"))
    first.applied()
    second = another("second", name="other", home=f"{shared}/main")
    second.people("a", age=2)
    second.declare(graph("a"))
    for words in (["plan"], ["apply", "-y", "--allow-deletes"]):
        done = second.gsctl(*words)
        assert done.returncode == 1, said(done)
        assert "holds what is not ours" in said(done)
        assert "choose another `path`" in said(done)
    gone = second.gsctl("destroy", "-y", "--allow-deletes")
    assert gone.returncode == 0, said(gone)
    assert first.ages("a") == [1, 1, 50, 50]
    assert first.is_settled()


def test_a_catalog_changed_by_hand_is_shown_as_drift_and_healed(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.client("a", "ALTER TABLE Person ADD extra STRING", "ALTER TABLE Person DROP name",
                "MATCH (p:Person) WHERE p.id < 5 SET p.extra = 'by hand'",
                "CREATE NODE TABLE Odd(id INT64 PRIMARY KEY)")  # fmt: skip
    plan = town.gsctl("plan", "--detailed-exitcode")
    assert plan.returncode == 2
    for words in ("vertices.Person.properties.name", "vertices.Person.properties.extra",
                  "vertices.Odd"):  # fmt: skip
        assert words in said(plan), words
    refused = town.gsctl("apply", "-y")
    assert refused.returncode == 3
    assert "Person.extra: 5 values would be lost" in said(refused), "only values of their own count"
    town.applied("--allow-deletes")
    assert town.is_settled()
    assert town.ages("a") == [1, 1, 50, 50]
    assert town.client("a", "MATCH (p:Person {id: 7}) RETURN p.name") == [["n7"]]


def test_a_dropped_property_and_type_that_a_load_feeds_come_back_with_their_values(
    town: Town,
) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.client("a", "ALTER TABLE Person DROP name", "DROP TABLE KNOWS")
    plan = town.gsctl("plan", "--detailed-exitcode")
    assert plan.returncode == 2
    assert "=> Load/a" in said(plan)
    town.applied()
    assert town.is_settled()
    assert town.client("a", "MATCH (p:Person {id: 7}) RETURN p.name") == [["n7"]]
    assert town.ages("a") == [1, 1, 50, 50]


def test_rows_made_by_hand_are_never_deleted_without_leave(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.client("a", "CREATE (:Person {id: 1000, name: 'x', age: 1})",
                "CREATE (:Person {id: 1001, name: 'y', age: 1})")  # fmt: skip
    assert town.is_settled(), "undeclared rows are no pending change"
    town.people("a", age=2)
    refused = town.gsctl("apply", "-y")
    assert refused.returncode == 3
    assert "Graph/a.vertices.Person: 2 rows would be lost" in said(refused)
    assert "--allow-deletes" in said(refused)
    assert town.ages("a") == [1, 1, 52, 50]
    town.applied("--allow-deletes")
    assert town.is_settled()
    assert town.ages("a") == [2, 2, 50, 50]


def test_rows_deleted_by_hand_are_told_and_come_back_by_a_reload(town: Town) -> None:
    town.people("a")
    town.declare(graph("a"))
    town.applied()
    town.client("a", "MATCH (p:Person) WHERE p.id < 10 DETACH DELETE p")
    described = town.gsctl("describe", "Graph/a")
    assert "Person has 40 rows; 50 were loaded" in said(described)
    town.applied("--reload", "Load/a")
    assert town.is_settled()
    assert town.ages("a") == [1, 1, 50, 50]
