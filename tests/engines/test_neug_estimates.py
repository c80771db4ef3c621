"""Estimates on a real NeuG: by its usual rates first, then by what applies took; never in the way."""

from __future__ import annotations

import json
import shutil

import pytest
from repository import Repository

pytestmark = pytest.mark.engine


def planned(people: Repository) -> dict:
    ran = people.gsctl("plan", "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def load_of(plan: dict) -> dict:
    return next(c for c in plan["resource_changes"] if c["address"] == "Load/people")


def width(span: dict) -> float:
    return span["high"] / span["low"]


def test_a_plan_is_estimated_by_what_the_ones_before_it_took(people):
    people.write(version=1, rows=20_000)
    first = planned(people)
    load = load_of(first)
    assert load["estimate"]["rows"]["low"] <= 40_000 <= load["estimate"]["rows"]["high"]
    assert load["estimate"]["basis"] == (
        "disk by usual sizes; rows from a look at the files; time by neug's usual rates"
    )
    assert first["estimate"]["read_gap_seconds"]["high"] == 0, "nobody reads yet"
    people.applied()
    people.write(version=2, rows=20_000)
    second = planned(people)
    estimate = load_of(second)["estimate"]
    assert "time as Graph/people.Person took here once" in estimate["basis"]
    assert "disk as the live copy's" in estimate["basis"]
    assert estimate["rows"] == {"low": 38_000, "high": 42_000}, "its files are as large as before"
    assert width(estimate["seconds"]) < width(load["estimate"]["seconds"])
    assert second["estimate"]["read_gap_seconds"]["low"] > 0
    assert (
        second["estimate"]["write_gap_seconds"]["low"]
        > (second["estimate"]["read_gap_seconds"]["low"])
    )
    assert load_of(second)["effect"] == "reload"
    assert load_of(second)["reruns"] == [{"address": "Procedure/ages", "what": ["1 test"]}]


def test_without_the_ledger_the_range_is_wider_and_the_plan_the_same(people):
    people.write(version=1)
    people.applied()
    people.write(version=2)
    known = planned(people)
    assert known == planned(people), "the same inputs give the same plan to the byte"
    shutil.rmtree(people.path / ".gsctl/default/ledger")
    forgotten = planned(people)
    assert "usual rates" in forgotten["estimate"]["basis"]
    assert "usual rates" not in known["estimate"]["basis"]
    assert forgotten["fingerprint"] == known["fingerprint"]
    without = [{**plan, "estimate": None, "resource_changes": [
        {**c, "estimate": None} for c in plan["resource_changes"]]} for plan in (known, forgotten)]  # fmt: skip
    assert without[0] == without[1]


def test_too_little_memory_is_told_before_anything_is_done(people):
    people.write()
    path = people.path / "gsctl.yaml"
    text = path.read_text().replace("mode: served}", "mode: served, resources: {memory: 32Mi}}")
    path.write_text(text)
    ran = people.gsctl("plan")
    assert ran.returncode == 0
    assert "Graph/people: it needs 66.8 MiB at least of memory" in ran.stderr
    assert "Engine/main is given 32.0 MiB [EST101]" in ran.stderr
