"""A push is told by a signed delivery, and followed at once; others are refused before they are read."""

from __future__ import annotations

import hmac
import json
import re
import socket
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from coordinator import until
from pushed import Pushed, end, pushing
from served import Served

pytestmark = pytest.mark.engine
PATH = "/v1/webhooks/git"


def deliver(url: str, body: bytes, secret: str, **headers: str) -> httpx.Response:
    proof = hmac.new(secret.encode(), body, sha256).hexdigest()
    given = {"X-Hub-Signature-256": f"sha256={proof}", "X-GitHub-Event": "push", **headers}
    return httpx.post(url + PATH, content=body, headers=given)


@pytest.fixture
def pushed(tmp_path: Path, neug_python: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushed]:
    with pushing(tmp_path, monkeypatch) as made:
        yield made


def test_a_delivery_brings_a_push_here_at_once(pushed: Pushed) -> None:
    """It would look by itself only in an hour."""
    (pushed.state / "secret").write_text("hunter2")
    access = pushed.state / "access.yaml"
    access.write_text(f"- for: {pushed.upstream.url}\n  webhook: {{secret: {{file: secret}}}}\n")
    pushed.push(1)
    process = pushed.start("--git-access", str(access), "--http", "127.0.0.1:0", interval="1h")
    pushed.await_ages(1)
    found = re.search(r"answering at (\S+)", pushed.said)
    assert found
    good = pushed.push(2)
    body = json.dumps({"ref": "refs/heads/main", "after": good}).encode()
    assert deliver(found[1], body, "wrong").status_code == 401
    answer = deliver(found[1], body, "hunter2")
    assert answer.status_code == 202
    assert answer.json() == {"sources": [f"{pushed.upstream.path}@main"]}
    pushed.await_ages(2)
    pushed.await_said(f"(git) at {good[:12]}")
    assert deliver(found[1], body, "hunter2").json() == {"sources": []}, "it counts once"
    third = pushed.push(3)
    token = {"X-Gitlab-Token": "hunter2", "X-Gitlab-Event": "Push Hook"}
    assert httpx.post(found[1] + PATH, json={"after": third}, headers=token).status_code == 202
    pushed.await_ages(3)
    end(process)
    audit = (pushed.root / "default/ledger/audit.jsonl").read_text()
    assert '"who": "webhook of github"' in audit
    assert '"who": "webhook of gitlab"' in audit
    assert "hunter2" not in audit + pushed.said


@pytest.mark.parametrize(
    "headers",
    ["", "X-Hub-Signature: sha1=0123456789012345678901234567890123456789\r\n",
     "X-Hub-Signature-256: sha256=0\r\n", "X-Gitlab-Token:\r\n", "Authorization: Bearer x\r\n"],
)  # fmt: skip
def test_nothing_is_read_of_what_nothing_could_prove(guarded: Served, headers: str) -> None:
    """The answer comes while the body never does."""
    address = urlsplit(guarded.url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: {address.netloc}\r\n{headers}"
                           "Content-Length: 100000\r\n\r\n".encode())  # fmt: skip
        answer = connection.recv(65536).decode()
    assert answer.split()[1] in ("401", "429"), answer


def test_a_body_has_an_end_also_where_it_may_be_signed(open_one: Served) -> None:
    body = b" " * ((1 << 20) + 1)
    assert deliver(open_one.url, body, "x").status_code == 413
    until(open_one.ready, "it goes on")


def test_where_no_secret_is_known_nobody_rings_not_even_on_the_loopback(open_one: Served) -> None:
    answer = deliver(open_one.url, b"{}", "")
    assert answer.status_code == 401
    assert answer.json()["problems"][0]["code"] == "HT115"
    assert httpx.get(open_one.url + PATH).status_code in (401, 405)
