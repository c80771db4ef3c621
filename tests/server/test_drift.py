"""What somebody changed by hand is told: what, since when, and what a Policy lets become of it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from coordinator import Coordinator, until
from served import await_phase, items, number, serving
from test_pages import BROWSER

from reconciler.model.key import Key
from reconciler.model.status import Condition, Phase, Status, Truth
from reconciler.server.lasting import told, turned
from reconciler.things import Thing


def thing(*conditions: Condition) -> Thing:
    return Thing(
        Key("default", "Graph", "g"), Status(Phase.READY, "", "", conditions), {}, None, None
    )


def condition(type_: str, status: Truth) -> Condition:
    return Condition(type_, status, "")


def test_a_condition_has_the_time_at_which_it_was_seen_to_change_and_none_is_made_up() -> None:
    first = (thing(condition("Ready", "True")),)
    moments = turned((), {}, first, 10.0)
    assert "lastTransitionTime" not in json.dumps(told(first[0], moments[first[0].key]))
    second = (thing(condition("Ready", "False")),)
    moments = turned(first, moments, second, 20.0)
    moments = turned(second, moments, second, 30.0)
    (found,) = told(second[0], moments[second[0].key])["status"]["conditions"]
    assert found["lastTransitionTime"] == "1970-01-01T00:00:20+00:00"
    third = (thing(condition("Ready", "False"), condition("Stalled", "True")),)
    moments = turned(second, moments, third, 40.0)
    conditions = told(third[0], moments[third[0].key])["status"]["conditions"]
    times = [one["lastTransitionTime"] for one in conditions]
    assert times == ["1970-01-01T00:00:20+00:00", "1970-01-01T00:00:40+00:00"]


@pytest.mark.engine
@pytest.mark.slow
def test_a_schema_changed_by_hand_is_reported_with_what_and_when_it_was_first_seen(
    written: Coordinator,
) -> None:
    policy = {"kind": "Policy", "metadata": {"name": "live"}, "spec": {"heal": "report"}}
    (written.repository.path / "policy.yaml").write_text(json.dumps(policy))
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        changed = {"cypher": "ALTER TABLE Person ADD nick STRING", "write": True}
        assert served.client.post("/v1/query/people", json=changed).status_code == 200
        assert served.client.post("/v1/reconcile").status_code == 202
        until(lambda: items(served.client)["Graph/people"]["status"]["drift"], "it is seen")

        def first_seen() -> datetime:
            conditions = items(served.client)["Graph/people"]["status"]["conditions"]
            (found,) = [c for c in conditions if c["type"] == "UpToDate"]
            assert (found["status"], found["reason"]) == ("False", "DriftReported")
            return datetime.fromisoformat(found["lastTransitionTime"])

        seen = first_seen()
        status = items(served.client)["Graph/people"]["status"]
        assert (status["phase"], status["reason"]) == ("Drifted", "ChangedByHand")
        assert status["drift"] == ["vertices.Person.properties.nick was added"]
        served.client.post("/v1/reconcile")
        until(lambda: served.client.get("/v1/plan").json()["seen_at"] > seen.timestamp() + 1,
              "it looked again")  # fmt: skip
        assert first_seen() == seen
        assert number(served.client, "gsctl_drifted_resources{") == 1
        page = served.client.get("/things/Graph/people", headers=BROWSER).text
        assert "vertices.Person.properties.nick was added" in page
        assert "seen so since" in page
