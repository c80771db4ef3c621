"""What the API tells is what lives: seen by a real coordinator over a real engine."""

from __future__ import annotations

import json
import signal

import pytest
from coordinator import Coordinator, until
from served import Served, await_phase, items, number, serving

pytestmark = pytest.mark.engine


def timeless(one: dict) -> dict:
    """Without when its conditions changed: a command has seen no earlier look."""
    for condition in one["status"]["conditions"]:
        condition.pop("lastTransitionTime", None)
    return one


def test_things_are_told_as_the_command_line_tells_them(open_one: Served) -> None:
    asked = open_one.coordinator.repository.gsctl("get", "-o", "json")
    told = {f"{i['kind']}/{i['metadata']['name']}": i for i in json.loads(asked.stdout)["items"]}
    assert {name: timeless(one) for name, one in items(open_one.client).items()} == told
    graph = timeless(open_one.client.get("/v1/resources/Graph/people").json())
    assert graph == told["Graph/people"]
    assert graph["status"]["counts"] == {"Person": 20, "KNOWS": 20}
    assert list(items(open_one.client, "/v1/resources/Graph")) == ["Graph/people"]


def test_the_plan_is_the_one_of_the_command_line(open_one: Served) -> None:
    mine = json.loads(open_one.coordinator.repository.gsctl("plan", "--json").stdout)
    told = open_one.client.get("/v1/plan").json()
    assert told["fingerprint"] == mine["fingerprint"]
    assert told["summary"] == mine["summary"]
    assert not told["acting"]


def test_what_happens_is_counted(open_one: Served) -> None:
    client = open_one.client
    assert number(client, 'gsctl_load_rows_total{environment="default",graph="people"') == 40
    assert number(client, 'gsctl_resources{environment="default",kind="Graph",phase="Ready"') == 1
    assert number(client, "gsctl_lease_held") == 1
    assert number(client, "gsctl_pending_changes") == 0
    before = number(client, 'gsctl_api_requests_total{method="GET",route="/v1/plan",status="200"')
    client.get("/v1/plan")
    after = number(client, 'gsctl_api_requests_total{method="GET",route="/v1/plan",status="200"')
    assert after == before + 1


def test_a_button_makes_it_look(open_one: Served) -> None:
    seen = open_one.client.get("/v1/plan").json()["seen_at"]
    assert open_one.client.post("/v1/reconcile").status_code == 202
    until(lambda: open_one.client.get("/v1/plan").json()["seen_at"] > seen, "a look")


def test_what_a_person_applies_is_refused_beside_it_with_its_address(open_one: Served) -> None:
    repository = open_one.coordinator.repository
    for words in (["apply", "-y"], ["apply", "-y", "--wait", "60"], ["destroy", "-y"],
                  ["rollback", "Graph/people", "-y"]):  # fmt: skip
        done = repository.gsctl(*words)
        assert done.returncode == 3, done.stderr
        assert "CO101" in done.stderr
        assert open_one.url in done.stderr
    planned = repository.gsctl("plan")
    assert planned.returncode == 0
    assert "Done by a coordinator: `gsctl serve`" in planned.stdout
    assert open_one.url in planned.stdout


@pytest.mark.slow
def test_it_answers_before_it_is_ready_and_is_ready_when_it_has_looked(
    written: Coordinator,
) -> None:
    with serving(written, "--insecure-loopback") as served:
        assert served.client.get("/healthz").json() == {"status": "ok"}
        early = served.client.get("/readyz")
        if early.status_code == 503:
            assert early.json()["status"] == "not ready"
            assert served.client.get("/v1/resources").json()["problems"][0]["code"] == "HT105"
        until(served.ready, "it has looked")
        await_phase(served.client, "Graph/people", "Ready")
        server = written.server()
        assert server is not None
        server.send_signal(signal.SIGKILL)
        until(lambda: number(served.client, "gsctl_engine_restarts_total") == 1, "an end, counted")
        await_phase(served.client, "Graph/people", "Ready")


@pytest.mark.slow
def test_one_that_stands_by_looks_and_names_the_one_that_leads(written: Coordinator) -> None:
    with serving(written, "--insecure-loopback") as first:
        await_phase(first.client, "Graph/people", "Ready")
        with serving(written, "--insecure-loopback") as second:
            until(second.ready, "it has looked")
            assert second.client.get("/readyz").json()["part"] == "standing by"
            assert items(second.client).keys() == items(first.client).keys()
            told = second.client.post("/v1/reconcile")
            assert told.status_code == 409
            assert told.json()["problems"][0]["hint"] == f"ask {first.url}"
            assert number(second.client, "gsctl_lease_held") == 0
            first.process.kill()
            until(lambda: second.client.get("/readyz").json()["part"] == "leading", "it leads")


def test_documents_that_are_wrong_are_told(written: Coordinator) -> None:
    project = written.repository.path / "gsctl.yaml"
    project.write_text(project.read_text().replace("kind: Engine", "kind: Engin"))
    with serving(written, "--insecure-loopback") as served:
        until(served.ready, "it has looked")
        plan = served.client.get("/v1/plan").json()
        assert not plan["applyable"]
        assert plan["problems"]


@pytest.mark.parametrize(
    ("words", "code", "exit_"),
    [
        (["--http", "here"], "CL112", 1),
        (["--http", "127.0.0.1:99999"], "CL112", 1),
        (["--insecure-loopback"], "CL112", 1),
        (["--http", "0.0.0.0:0", "--insecure-loopback"], "CO103", 1),
        (["--http", "192.0.2.1:80"], "CO102", 1),
    ],
)
def test_an_address_that_cannot_be_served_is_said(
    written: Coordinator, words: list[str], code: str, exit_: int
) -> None:
    done = written.repository.gsctl("serve", *words)
    assert done.returncode == exit_
    assert code in done.stderr
