"""Policies, approvals and suspension by the command line, on a real engine."""

from __future__ import annotations

import json
import shutil

import psutil
import pytest
from repository import Repository

pytestmark = pytest.mark.engine


def policy(people: Repository, **spec: object) -> None:
    """Declare the one Policy, or none."""
    document = {"kind": "Policy", "metadata": {"name": "care"}, "spec": spec}
    (people.path / "policy.yaml").write_text(json.dumps(document))


def ages(people: Repository) -> list[int]:
    return json.loads(people.gsctl("call", "ages", "--json").stdout)["rows"][0]


def units(people: Repository) -> set[int]:
    """The processes that serve the graph."""
    return {p.pid for p in psutil.process_iter() if _serves(p, people)}


def _serves(process: psutil.Process, people: Repository) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return "serve" in words and any(str(people.path) in word for word in words)


def test_a_change_waits_for_an_approval_that_is_used_once(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    policy(people, approve="always")
    people.write(version=2)

    waits = people.gsctl("apply", "-y")
    assert waits.returncode == 3, waits.stdout + waits.stderr
    assert "Withheld:" in waits.stdout
    assert "waits for approval (Policy/care)" in waits.stdout
    assert ages(people)[:2] == [1, 1]

    assert people.gsctl("approve", "Graph/people").returncode == 0
    done = people.gsctl("apply", "-y")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Approved: Load/people" in done.stdout
    assert ages(people)[:2] == [2, 2]

    people.write(version=1)
    assert people.gsctl("apply", "-y").returncode == 3, "an approval is used once"
    assert people.gsctl("approve", "Load/people").returncode == 0
    people.write(version=3)
    other = people.gsctl("apply", "-y")
    assert other.returncode == 3
    assert "approved is not this change of this world" in other.stdout


def test_a_rule_that_is_taken_out_of_the_documents_binds_once_more(people: Repository) -> None:
    people.write(version=1)
    policy(people, approve="always")
    assert people.gsctl("apply", "-y").returncode == 3, "also what is made first waits"
    assert people.gsctl("approve", "Engine/main").returncode == 0
    assert people.gsctl("apply", "-y").returncode == 3, "the engine is made, the graph waits"
    assert people.gsctl("approve", "Graph/people").returncode == 0
    people.applied()

    (people.path / "policy.yaml").unlink()
    people.write(version=2)
    loosened = people.gsctl("apply", "-y")
    assert loosened.returncode == 3
    assert "approve always -> free" in loosened.stdout
    assert ages(people)[:2] == [1, 1]
    people.applied()
    assert ages(people)[:2] == [2, 2]


def test_a_saved_plan_is_approved_and_then_applied(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    policy(people, approve="always")
    people.write(version=2)
    plan = str(people.path.parent / f"{people.path.name}.json")
    assert people.gsctl("plan", "--out", plan).returncode == 0
    assert people.gsctl("approve", plan).returncode == 0
    done = people.gsctl("apply", plan)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Approved: Load/people" in done.stdout
    assert ages(people)[:2] == [2, 2]


def test_with_the_ledger_lost_approvals_are_asked_for_again(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    policy(people, approve="always")
    people.write(version=2)
    people.gsctl("apply", "-y")
    assert people.gsctl("approve", "Graph/people").returncode == 0
    shutil.rmtree(people.path / ".gsctl" / "default" / "ledger")
    assert people.gsctl("apply", "-y").returncode == 3
    assert ages(people)[:2] == [1, 1]


def test_an_approval_lets_data_go_but_never_what_is_protected(people: Repository) -> None:
    people.write(version=1, extra=", town: string")
    people.applied()
    people.gsctl("query", "people", "MATCH (p:Person {id: 1}) SET p.town = 'here'", "--write")
    people.write(version=1)
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3, refused.stdout
    assert "DS101" in refused.stdout
    assert people.gsctl("approve", "Graph/people").returncode == 0
    people.applied()
    assert people.is_settled()

    (people.path / "graph.yaml").write_text(
        "kind: Graph\nmetadata: {name: people, protect: true}\n"
    )
    text = (people.path / "gsctl.yaml").read_text()
    (people.path / "graph.yaml").unlink()
    (people.path / "gsctl.yaml").write_text(
        text.replace("kind: Graph\nmetadata: {name: people}",
                     "kind: Graph\nmetadata: {name: people, protect: true}"))  # fmt: skip
    people.applied()
    gone = people.gsctl("destroy", "-y", "--allow-deletes")
    assert gone.returncode == 3
    assert "DS104" in gone.stdout
    assert people.gsctl("approve", "Graph/people", "--destroy").returncode == 1


def test_a_suspended_graph_is_left_alone_until_it_is_resumed(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    assert people.gsctl("suspend", "Graph/people").returncode == 0
    shutil.rmtree(people.path / ".gsctl" / "default" / "ledger")
    people.write(version=2)
    asked = people.gsctl("apply", "-y")
    assert asked.returncode == 3, asked.stdout + asked.stderr
    assert "suspended by" in asked.stdout
    assert ages(people)[:2] == [1, 1]
    told = json.loads(people.gsctl("describe", "Graph/people", "--json").stdout)
    assert "Suspended" in {c["type"] for c in told["status"]["conditions"]}
    assert people.gsctl("resume", "Graph/people").returncode == 0
    people.applied()
    assert ages(people)[:2] == [2, 2]


def test_a_lost_pointer_resumes_nothing(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    assert people.gsctl("suspend", "Graph/people").returncode == 0
    (pointer,) = people.path.glob(".gsctl/default/default/main/.graphs/*/serving.json")
    beside = pointer.with_name("suspended.json")
    assert beside.exists()
    pointer.unlink()
    people.write(version=2)
    restored = people.gsctl("apply", "-y")
    assert "its lost pointer is restored, suspended" in restored.stdout
    asked = people.gsctl("apply", "-y")
    assert asked.returncode == 3, asked.stdout + asked.stderr
    assert "suspended by" in asked.stdout
    assert ages(people)[:2] == [1, 1]
    assert people.gsctl("resume", "Graph/people").returncode == 0
    assert not beside.exists()
    people.applied()
    assert ages(people)[:2] == [2, 2]


def test_an_engine_without_graphs_is_imported_and_told_what_it_is(people: Repository) -> None:
    people.write(rows=1)
    document = people.path / "gsctl.yaml"
    document.write_text(document.read_text().partition("---\nkind: Graph")[0])
    people.applied()
    out = people.path.with_name(f"{people.path.name}-import")
    imported = people.gsctl("import", "--all", "--out", str(out))
    assert imported.returncode == 0, imported.stderr
    assert "Proven" in imported.stdout
    assert (out / "engines/main.yaml").exists()
    place = people.path / ".gsctl/default/default/main"
    asked = people.gsctl("import", "--from", str(place), "--out", str(out.with_name("other")))
    assert asked.returncode == 1
    assert "is an engine of people/default, and holds no graph" in asked.stderr


def test_a_refused_saved_plan_tells_how_it_is_made_anew(people: Repository) -> None:
    people.write(rows=5)
    people.applied()
    people.write_by_hand("CREATE (:Person {id: 99, name: 'by hand', age: 1})")
    people.write(rows=5, version=2)
    plan = str(people.path / "plan.json")
    assert people.gsctl("plan", "--out", plan).returncode == 0
    refused = people.gsctl("apply", plan)
    assert refused.returncode == 3
    assert "plan --allow-deletes --out FILE` if it is meant" in refused.stderr
    assert people.gsctl("plan", "--allow-deletes", "--out", plan).returncode == 0
    assert people.gsctl("apply", plan).returncode == 0
    assert people.ages() == [2, 2, 5]


def test_a_restart_starts_the_server_anew_and_nothing_else(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    people.write(version=2)
    before = units(people)
    done = people.gsctl("restart", "Graph/people")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(before) == len(units(people)) == 1
    assert before.isdisjoint(units(people)), "another process serves"
    assert ages(people)[:2] == [1, 1]
    assert not people.is_settled()


def test_outside_of_its_windows_nothing_changes(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    deny = {"deny": "* * * * *", "duration": "1h"}
    policy(people, windows=[deny])
    assert "PO102" in people.gsctl("validate").stderr
    policy(people, windows=[{"allow": "0 0 29 2 *", "duration": "1m"}])
    people.write(version=2)
    asked = people.gsctl("apply", "-y")
    assert asked.returncode == 3
    assert "outside of the windows of Policy/care, until" in asked.stdout
    assert ages(people)[:2] == [1, 1]


def test_what_is_ignored_is_listed_and_not_pending(people: Repository) -> None:
    people.write(version=1)
    policy(people, ignore=["keepPrevious", "vertices.Person.properties.nick"])
    people.applied()
    people.write(version=1, keep="2h")
    told = people.gsctl("plan", "--detailed-exitcode")
    assert told.returncode == 0, told.stdout
    assert "Ignored drift:" in told.stdout
    drift = json.loads(people.gsctl("plan", "--json").stdout)["resource_drift"]
    assert [(d["address"], d["ignored"]) for d in drift] == [("Graph/people", True)]


def test_reported_drift_is_not_healed_until_the_wish_changes(people: Repository) -> None:
    people.write(version=1)
    policy(people, heal="report")
    people.applied()
    added = people.gsctl("query", "people", "ALTER TABLE Person ADD nick STRING", "--write")
    assert added.returncode == 0, added.stderr
    told = people.gsctl("plan", "--detailed-exitcode")
    assert told.returncode == 0, told.stdout
    assert "Drift, reported and not healed:" in told.stdout
    people.write(version=2)
    people.applied("--allow-deletes")
    assert ages(people)[:2] == [2, 2]
    assert people.is_settled()


def test_files_that_shrank_are_refused(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    (people.path / "data" / "person.csv").write_text("id,name,age\n")
    (people.path / "data" / "knows.csv").write_text("src,dst,since\n")
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3
    assert "DS108" in refused.stdout
    assert ages(people)[2] == 200
    assert people.gsctl("approve", "Load/people").returncode == 0
    people.applied()
