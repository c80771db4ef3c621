"""Rows, events and the past: out of real graphs, within bounds."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from coordinator import until
from served import Served

pytestmark = pytest.mark.engine

PEOPLE = "MATCH (p:Person) RETURN p.id AS id, p.name AS name ORDER BY id"


def ask(client: httpx.Client, cypher: str, **more: Any) -> httpx.Response:
    return client.post("/v1/query/people", json={"cypher": cypher, **more})


def test_a_graph_is_asked(open_one: Served) -> None:
    told = ask(open_one.client, PEOPLE).json()
    assert told["columns"] == ["id", "name"]
    assert told["rows"] == [[i, f"n{i}"] for i in range(20)]
    assert told["more"] is False
    mine = open_one.coordinator.repository.gsctl("query", "people", PEOPLE, "--json")
    assert json.loads(mine.stdout)["rows"] == told["rows"]
    below = open_one.client.post("/v1/tenants/default/query/people", json={"cypher": PEOPLE})
    assert below.json() == told


def test_no_more_rows_come_than_were_asked_for(open_one: Served) -> None:
    told = ask(open_one.client, PEOPLE, limit=3).json()
    assert len(told["rows"]) == 3
    assert told["more"] is True


def test_parameters_are_given(open_one: Served) -> None:
    cypher = "MATCH (p:Person) WHERE p.id = $id RETURN p.name"
    assert ask(open_one.client, cypher, parameters={"id": 7}).json()["rows"] == [["n7"]]


def test_a_procedure_is_called_as_it_was_applied(open_one: Served) -> None:
    assert open_one.client.post("/v1/call/ages").json()["rows"] == [[1, 1, 20]]
    wrong = open_one.client.post("/v1/call/ages", json={"parameters": {"age": 1}})
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["code"] == "CL109"
    assert open_one.client.post("/v1/call/none").status_code == 404


def test_what_the_engine_refuses_is_told_in_its_words(open_one: Served) -> None:
    told = ask(open_one.client, "MATCH (p:Persn) RETURN p")
    assert told.status_code == 422
    assert told.json()["problems"][0]["code"] == "QR101"


def test_a_question_that_writes_is_refused_unless_it_says_so(open_one: Served) -> None:
    told = ask(open_one.client, "MATCH (p:Person) SET p.age = 99")
    assert told.status_code == 422
    assert open_one.client.post("/v1/call/ages").json()["rows"] == [[1, 1, 20]]


def test_only_editors_may_write(guarded: Served) -> None:
    with guarded.token("viewer", name="reader") as reader:
        told = ask(reader, "MATCH (p:Person) SET p.age = 99", write=True)
        assert told.status_code == 403
        assert ask(reader, PEOPLE).status_code == 200


def test_a_question_that_takes_too_long_is_ended_and_others_go_on(open_one: Served) -> None:
    names = "abcde"  # a second of work; the engine goes on with it, and takes 20 times as much for each more
    every = ", ".join(f"({name}:Person)" for name in names)
    sum_ = " + ".join(f"{name}.id" for name in names)
    long = f"MATCH {every} WHERE {sum_} < 0 RETURN count(*)"
    told = ask(open_one.client, long, timeout_s=0.2)
    assert told.status_code == 504, told.text
    assert told.json()["problems"][0]["code"] == "HT109"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"[]",
        b"null",
        b'{"cypher": 1}',
        b'{"cypher": ""}',
        b'{"cypher": "x", "limit": 0}',
        b'{"cypher": "x", "limit": 1000000}',
        b'{"cypher": "x", "timeout_s": -1}',
        b'{"cypher": "x", "timeout_s": NaN}',
        b'{"cypher": "x", "secret-field": 1}',
        b'{"cypher": "\xff"}',
        b"[" * 100_000,
        b'{"cypher": "x", "parameters": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
    ],
)
def test_a_body_of_another_form_is_refused(open_one: Served, body: bytes) -> None:
    told = open_one.client.post("/v1/query/people", content=body,
                                headers={"Content-Type": "application/json"})  # fmt: skip
    assert told.status_code in (400, 422), told.text[:300]
    assert told.json()["problems"][0]["code"] in ("HT104", "QR101")
    assert open_one.client.get("/v1/plan").status_code == 200


@pytest.mark.parametrize("sort", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_form_of_a_page_is_no_question(open_one: Served, sort: str | None) -> None:
    body = json.dumps({"cypher": PEOPLE}).encode()
    told = open_one.client.post("/v1/query/people", content=body,
                                headers={"Content-Type": sort} if sort else {})  # fmt: skip
    assert told.status_code == 422


def test_a_large_body_is_not_read(open_one: Served) -> None:
    def endless():
        for _ in range(64):
            yield b" " * 65_536

    told = open_one.client.post("/v1/query/people", content=endless())
    assert told.status_code == 413
    assert told.json()["problems"][0]["code"] == "HT107"


def test_events_come_as_they_happen_and_again_after_the_last_one(open_one: Served) -> None:
    found: list[tuple[str, str, dict]] = []
    with open_one.client.stream("GET", "/v1/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == ": listening"
        thread = threading.Timer(0.1, lambda: httpx.post(f"{open_one.url}/v1/reconcile"))
        thread.start()
        found.append(_event(lines))
        thread.join()
    id_, type_, data = found[0]
    assert type_ == "tick"
    assert data["result"] == "settled"
    assert "asked" in data["woken_by"]
    headers = {"Last-Event-ID": str(int(id_) - 1)}
    with open_one.client.stream("GET", "/v1/events", headers=headers) as stream:
        assert _event(stream.iter_lines()) == found[0]


def test_steps_are_told_and_turns_are_kept(open_one: Served) -> None:
    types = set()
    with open_one.client.stream("GET", "/v1/events", headers={"Last-Event-ID": "0"}) as stream:
        lines = stream.iter_lines()
        while "tick" not in types:
            types.add(_event(lines)[1])
    assert {"step_started", "step_finished", "tick"} <= types
    turns = open_one.client.get("/v1/history").json()["items"]
    assert [turn["result"] for turn in turns][-1] == "applied"
    first = turns[-1]
    assert first["summary"]["add"] == 3
    assert first["seconds"] > 0
    assert first["revision"]
    assert len(open_one.client.get("/v1/history?limit=1").json()["items"]) == 1


def test_listeners_that_go_make_room(open_one: Served) -> None:
    for _ in range(40):
        with open_one.client.stream("GET", "/v1/events") as stream:
            assert stream.status_code in (200, 503)
    until(lambda: _listens(open_one), "room for one more")


def _listens(served: Served) -> bool:
    with served.client.stream("GET", "/v1/events") as stream:
        return stream.status_code == 200


def _event(lines) -> tuple[str, str, dict]:
    found: dict[str, str] = {}
    for line in lines:
        if not line and "data" in found:
            return found["id"], found["event"], json.loads(found["data"])
        name, colon, rest = line.partition(": ")
        if colon and name:
            found[name] = rest
    raise AssertionError("the stream ended")
