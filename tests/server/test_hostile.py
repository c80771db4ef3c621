"""What clients send to break it: it answers with what is wrong, and goes on."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from served import Served

pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def goes_on(open_one: Served):
    yield
    assert open_one.client.get("/v1/plan").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/resources/Graph/..%2f..%2fgsctl.yaml",
        "/v1/resources/Graph/../../../../etc/passwd",
        "/v1/resources/Graph/%00",
        "/v1/resources/Graph/" + "a" * 300,
        "/v1/tenants/..%2f/resources",
        "/v1/tenants/%2e%2e/resources",
        "/v1/resources/%F0%9F%92%A9",
        "//v1//plan",
    ],
)
def test_a_path_leads_nowhere_else(open_one: Served, path: str) -> None:
    found = raw(open_one, f"GET {path} HTTP/1.1\r\nHost: {urlsplit(open_one.url).netloc}\r\n\r\n")
    assert found.split()[1] in ("404", "422"), found
    assert "root:" not in found
    assert "kind: Project" not in found


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "127.0.0.1.evil.example:80"}, 403),
    ],
)
def test_a_page_in_a_browser_is_refused(
    open_one: Served, headers: dict[str, str], status: int
) -> None:
    assert open_one.client.get("/v1/plan", headers=headers).status_code == status
    assert open_one.client.post("/v1/reconcile", headers=headers).status_code == status


def test_its_own_address_may_be_an_origin(open_one: Served) -> None:
    assert open_one.client.get("/v1/plan", headers={"Origin": open_one.url}).status_code == 200


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999", str((1 << 20) + 1)])
def test_a_body_has_an_end(open_one: Served, length: str) -> None:
    host = urlsplit(open_one.url).netloc
    found = raw(open_one, f"POST /v1/reconcile HTTP/1.1\r\nHost: {host}\r\n"
                          f"Content-Length: {length}\r\n\r\n")  # fmt: skip
    assert found.split()[1] in ("400", "413"), found


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"cypher": "\xff\xfe"}',
    "half a character": b'{"cypher": "RETURN \'\\ud800\'"}',
    "nested without end": b'{"parameters":' + b"[" * 400_000,
    "nested deeply": b'{"cypher":"RETURN 1","parameters":{"a":' + b"[" * 5000 + b"]" * 5000 + b"}}",
    "a number of many digits": b'{"cypher": "RETURN 1", "limit": ' + b"9" * 5000 + b"}",
    "infinity": b'{"cypher": "RETURN 1", "timeout_s": Infinity}',
    "no number": b'{"cypher": "RETURN 1", "timeout_s": NaN}',
    "another sort": b"[1, 2]",
    "a name twice": b'{"cypher": "RETURN 1", "cypher": 7}',
    "an unknown name": b'{"cypher": "RETURN 1", "__class__": {}}',
    "a truth for a number": b'{"cypher": "RETURN 1", "limit": true}',
    "a text for a number": b'{"cypher": "RETURN 1", "limit": "20"}',
    "a null byte": b'{"cypher": "RETURN \\u0000"}',
    "two queries": b'{"cypher": "RETURN 1; DROP TABLE Person"}',
    "a write as a read": b'{"cypher": "MATCH (p:Person) DELETE p"}',
    "a file to read": b'{"cypher": "LOAD FROM \'/etc/passwd\' RETURN *"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_body_of_another_form_is_refused_and_harms_nobody(open_one: Served, body: bytes) -> None:
    answer = open_one.client.post("/v1/query/people", content=body,
                                  headers={"Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code in (400, 422), answer.text[:300]
    assert answer.json()["problems"]
    assert "root:" not in answer.text
    counts = open_one.client.get("/v1/resources/Graph/people").json()["status"]["counts"]
    assert counts == {"Person": 20, "KNOWS": 20}


@pytest.mark.parametrize("length", ["999999999d", "9" * 5000 + "s", "-1h", "1e9s", "\u0663s", ""])
def test_a_time_that_no_calendar_has_is_refused(open_one: Served, length: str) -> None:
    answer = open_one.client.post("/v1/resources/Graph/people:approve", json={"expires": length})
    assert answer.status_code == 422, answer.text
    made = open_one.coordinator.repository.gsctl("token", "create", "t", "--expires", length)
    assert made.returncode == 1
    assert "internal error" not in made.stderr


def raw(served: Served, text: str) -> str:
    """What is answered to these very bytes."""
    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        closing = text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
        connection.sendall(closing.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace")
