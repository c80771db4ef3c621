"""Tenants beside each other on a real engine: like names, each its own place and quota."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from repository import Repository

pytestmark = pytest.mark.engine

TENANTS = ("lab", "shop")


def declare(people: Repository, graphs: dict[str, tuple[str, ...]], **quotas: dict) -> None:
    """Tenants with their quotas, and of each an engine and graphs, of the same names in all."""
    people.path.mkdir(exist_ok=True)
    (people.path / "person.csv").write_text("id,name\n1,Ada\n2,Bob\n")
    project = {"apiVersion": "gsctl.io/v1alpha1", "kind": "Project", "metadata": {"name": "town"},
               "spec": {"id": people.id}}  # fmt: skip
    (people.path / "gsctl.yaml").write_text(json.dumps(project))
    documents = [
        {"kind": "Tenant", "metadata": {"name": t}, "spec": {"quota": quotas.get(t, {})}}
        for t in graphs
    ]
    for tenant, names in graphs.items():
        metadata = {"name": "main", "tenant": tenant}
        spec = {
            "type": people.engine,
            "mode": "served",
            "resources": {"memory": "256Mi", "cpu": "500m"},
        }
        documents.append({"kind": "Engine", "metadata": metadata, "spec": spec})
        documents += [graph(tenant, name) for name in names]
    (people.path / "tenants.yaml").write_text("\n---\n".join(map(json.dumps, documents)))


def graph(tenant: str, name: str) -> dict:
    person = {"key": "id", "properties": {"id": "int64", "name": "string"}}
    load = {"vertices": {"Person": {"files": ["person.csv"]}}}
    return {"kind": "Graph", "metadata": {"name": name, "tenant": tenant},
            "spec": {"engine": "main", "vertices": {"Person": person}, "load": load}}  # fmt: skip


def rows(people: Repository, tenant: str, name: str = "people") -> list[list]:
    asked = people.gsctl("query", f"{tenant}:{name}", "MATCH (p:Person) RETURN p.name", "--json")
    assert asked.returncode == 0, asked.stderr
    return sorted(json.loads(asked.stdout)["rows"])


def shares(people: Repository) -> dict[str, dict]:
    listed = json.loads(people.gsctl("get", "tenants", "--json").stdout)["items"]
    return {one["metadata"]["name"]: one["status"]["used"] for one in listed}


def test_graphs_of_one_name_in_two_tenants_do_not_meet(people: Repository) -> None:
    declare(people, {"lab": ("people",), "shop": ("people",)})
    people.applied()
    assert people.is_settled()
    for tenant in TENANTS:
        assert (people.path / ".gsctl/default" / tenant / "main").is_dir()
    people.gsctl(
        "query", "lab:people", "MATCH (p:Person) WHERE p.id = 1 SET p.name = 'Eve'", "--write"
    )
    assert rows(people, "lab") == [["Bob"], ["Eve"]]
    assert rows(people, "shop") == [["Ada"], ["Bob"]]

    declare(people, {"lab": (), "shop": ("people",)})
    gone = people.gsctl("apply", "-y", "--allow-deletes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert rows(people, "shop") == [["Ada"], ["Bob"]]
    assert people.is_settled()


def test_what_does_not_fit_into_a_quota_is_refused_before_anything_is_done(
    people: Repository,
) -> None:
    declare(
        people, {"lab": ("people",), "shop": ("one", "two")}, shop={"graphs": 1, "storage": "1Gi"}
    )
    refused = people.gsctl("apply", "-y", "--allow-deletes")
    assert refused.returncode == 3, refused.stdout + refused.stderr
    assert (
        "shop:Graph/two: Tenant/shop would have 2 graphs, and its quota is 1 graph [QT101]"
        in refused.stdout
    )
    assert "shop:Graph/one: Tenant" not in refused.stdout
    assert "a quota is raised where the Tenant is declared" in refused.stderr
    assert not (people.path / ".gsctl/default/lab").exists()

    people.applied("--exclude", "shop:Graph/two")
    assert shares(people)["shop"]["graphs"] == 1
    declare(people, {"lab": ("people",), "shop": ("two",)}, shop={"graphs": 1, "storage": "1Gi"})
    people.applied("--allow-deletes")
    assert rows(people, "shop", "two") == [["Ada"], ["Bob"]]

    used = shares(people)["shop"]
    assert used["storage"] > 0
    declare(people, {"lab": ("people",), "shop": ("two",)}, shop={"storage": str(used["storage"])})
    assert people.is_settled(), "what is there may stay"
    (people.path / "person.csv").write_text("id,name\n1,Ada\n2,Bob\n3,Cid\n")
    more = people.gsctl("apply", "-y")
    assert more.returncode == 3, more.stdout
    assert "of storage [QT101]" in more.stdout
    assert rows(people, "lab") == [["Ada"], ["Bob"]]


def test_both_copies_of_a_change_must_fit(people: Repository) -> None:
    declare(people, {"shop": ("people",)}, shop={"memory": "256Mi"})
    people.applied()
    assert shares(people)["shop"]["memory"] == 256 << 20
    (people.path / "person.csv").write_text("id,name\n1,Ada\n3,Cid\n")
    refused = people.gsctl("apply", "-y")
    assert refused.returncode == 3, refused.stdout
    assert "would have 512.0 MiB of memory, and its quota is 256.0 MiB of memory" in refused.stdout
    assert rows(people, "shop") == [["Ada"], ["Bob"]]
    declare(people, {"shop": ("people",)}, shop={"memory": "512Mi"})
    (people.path / "person.csv").write_text("id,name\n1,Ada\n3,Cid\n")
    people.applied("--allow-deletes")
    assert rows(people, "shop") == [["Ada"], ["Cid"]]


def test_a_reference_into_another_tenant_is_that_to_a_name_that_is_not_there(
    people: Repository,
) -> None:
    declare(people, {"lab": (), "shop": ()})
    told = []
    for name in ("main", "nowt"):
        document = graph("default", "peeking")
        document["spec"]["engine"] = name
        (people.path / "graph.yaml").write_text(json.dumps(document))
        found = json.loads(people.gsctl("validate", "--json").stdout)["problems"]
        told.append(json.dumps(found).replace(name, "NAME"))
    assert "RF102" in told[0]
    assert told[0] == told[1]


def test_a_tenant_over_its_quota_is_said_to_be(people: Repository) -> None:
    declare(people, {"shop": ("one", "two")})
    people.applied()
    declare(people, {"shop": ("one", "two")}, shop={"graphs": 1})
    assert people.is_settled()
    told = people.gsctl("get", "tenants").stdout
    assert "Degraded  OverQuota" in told
    assert "2/1" in told
    plain = json.loads(people.gsctl("plan", "--json").stdout)
    assert plain["tenants"] == [
        {"name": "shop", "used": shares(people)["shop"], "limits": {"graphs": 1}}
    ]


def test_a_quota_that_others_filled_since_is_seen_before_anything_is_done(
    people: Repository,
) -> None:
    declare(people, {"shop": ("one", "two")}, shop={"graphs": 1})
    people.applied("--target", "shop:Engine/main")
    ours, theirs = pty.openpty()
    words = [
        sys.executable,
        "-m",
        "gsctl",
        "-C",
        str(people.path),
        "apply",
        "--target",
        "shop:Graph/two",
    ]
    with subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, bufsize=1) as asking:  # fmt: skip
        assert asking.stdout
        assert any("Plan: 1 to add" in line for line in asking.stdout)
        people.applied("--target", "shop:Graph/one")
        os.write(ours, b"yes\n")
        _, told = asking.communicate(timeout=120)
    os.close(ours)
    os.close(theirs)
    assert asking.returncode == 4, told
    assert rows(people, "shop", "one") == [["Ada"], ["Bob"]]
    assert shares(people)["shop"]["graphs"] == 1
