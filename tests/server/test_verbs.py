"""What people ask of one thing over HTTP is done by the loop, and told: on a real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from coordinator import Coordinator, until
from served import Served, await_phase, items, serving

pytestmark = pytest.mark.engine

GRAPH = "/v1/resources/Graph/people"


@contextmanager
def settled(written: Coordinator) -> Iterator[Served]:
    """A coordinator whose graph is Ready, and whoever asks is an admin."""
    with serving(written, "--insecure-loopback") as served:
        await_phase(served.client, "Graph/people", "Ready")
        yield served


def ask(client: httpx.Client, verb: str, status: int = 200, thing: str = GRAPH, **body) -> dict:
    told = client.post(f"{thing}:{verb}", json=body)
    assert told.status_code == status, told.text
    return told.json()


def codes(told: dict) -> list[str]:
    return [problem["code"] for problem in told["problems"]]


@pytest.mark.slow
def test_a_graph_is_left_alone_goes_on_goes_back_and_on_again(written: Coordinator) -> None:
    with settled(written) as served:
        client, repository = served.client, written.repository
        told = ask(client, "suspend", reason="the night of the move")
        assert told["done"]
        assert not told["failed"]
        repository.write(version=2, rows=20)
        until(lambda: client.get("/v1/plan").json()["withheld"], "the change is withheld")
        assert "suspended by loopback over the API" in json.dumps(client.get("/v1/plan").json())
        assert repository.ages()[:2] == [1, 1]

        ask(client, "resume")
        written.await_ages(2)
        await_phase(client, "Graph/people", "Ready")
        ask(client, "rollback")
        assert repository.ages()[:2] == [1, 1]
        assert codes(ask(client, "rollback", 409)) == ["RB104"]
        ask(client, "unhold")
        written.await_ages(2)
        audit = (repository.path / ".gsctl/default/ledger/audit.jsonl").read_text().splitlines()
        kept = [json.loads(line) for line in audit]
        said = {line["target"]: line["reason"] for line in kept}
        assert said[f"{GRAPH}:suspend"] == "the night of the move"
        assert said[f"{GRAPH}:resume"] == ""


@pytest.mark.slow
def test_what_waits_for_an_approval_is_done_once_somebody_agrees(written: Coordinator) -> None:
    with settled(written) as served:
        client = served.client
        assert codes(ask(client, "approve", 404)) == ["AP101"]
        care = {"kind": "Policy", "metadata": {"name": "care"}, "spec": {"approve": "always"}}
        (written.repository.path / "policy.yaml").write_text(json.dumps(care))
        written.repository.write(version=2, rows=20)
        until(lambda: client.get("/v1/plan").json()["withheld"], "it waits")
        assert written.ages() == [1, 1]
        (given,) = ask(client, "approve", expires="1h")["approved"]
        assert given["by"] == "loopback over the API"
        written.await_ages(2)


@pytest.mark.slow
def test_a_server_is_started_anew_once(written: Coordinator) -> None:
    with settled(written) as served:
        before = written.server()
        assert before is not None
        shown = served.client.get("/v1/plan").json()["fingerprint"]
        assert codes(ask(served.client, "restart", 409, fingerprint=shown)) == ["PX104"]
        assert written.server() == before, "that was not the plan that was shown"
        ask(served.client, "restart")
        after = written.server()
        assert after is not None
        assert after.pid != before.pid
        assert items(served.client)["Graph/people"]["status"]["phase"] == "Ready"


@pytest.mark.parametrize(
    ("thing", "verb", "status", "code"),
    [
        ("Graph/people", "burn", 422, "HT104"),
        ("Graph/none", "suspend", 404, "RF104"),
        ("Graph/none", "rollback", 404, "RF104"),
        ("Engine/main", "restart", 422, "CL104"),
        ("Load/people", "suspend", 422, "CL104"),
        ("Grap/people", "suspend", 404, "CL103"),
        ("Graph/people", "rollback", 409, "RB102"),
    ],
)
def test_what_cannot_be_asked_is_said(
    open_one: Served, thing: str, verb: str, status: int, code: str
) -> None:
    assert codes(ask(open_one.client, verb, status, f"/v1/resources/{thing}")) == [code]


def test_each_verb_wants_its_role(guarded: Served) -> None:
    with guarded.token("viewer", name="looks") as viewer:
        for verb in ("approve", "suspend", "resume", "restart", "rollback", "unhold", "adopt"):
            assert codes(ask(viewer, verb, 403)) == ["HT102"]
    with guarded.token("editor", name="edits") as editor:
        for verb in ("approve", "adopt"):
            assert codes(ask(editor, verb, 403)) == ["HT102"]
    with guarded.token("admin", "--tenant", "shop", name="elsewhere") as other:
        assert codes(ask(other, "suspend", 403)) == ["HT102"]
        mine = "/v1/tenants/shop/resources/Graph/people"
        assert codes(ask(other, "suspend", 404, mine)) == ["RF104"]
