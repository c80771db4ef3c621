"""Nobody is let in without a token that is right, nor further than it reaches."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx
import pytest
from served import Served

from reconciler.server.app import make_app
from reconciler.server.tokens import Role, Tokens

pytestmark = pytest.mark.engine

PATHS = ("/v1/resources", "/v1/plan", "/v1/resources/Graph/people", "/metrics", "/v1/none", "/")


def code(found: httpx.Response) -> str:
    return found.json()["problems"][0]["code"]


def audit(served: Served) -> list[dict]:
    path = served.coordinator.repository.path / ".gsctl/default/ledger/audit.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("header", [None, "Basic YTpi", "Bearer", "Bearer x", "Bearer gsctl_1_2"])
def test_without_a_token_nothing_is_told_not_even_what_there_is(
    guarded: Served, path: str, header: str | None
) -> None:
    found = guarded.client.get(path, headers={"Authorization": header} if header else {})
    assert found.status_code in ((401,) if header is None else (401, 429))
    assert "people" not in found.text
    if found.status_code == 401:
        assert code(found) == "HT101"
        assert "Bearer" in found.headers["WWW-Authenticate"]


def test_health_is_told_to_everybody(guarded: Served) -> None:
    assert guarded.client.get("/healthz").json() == {"status": "ok"}
    assert guarded.client.get("/readyz").json() == {"status": "ok", "part": "leading"}


def test_a_role_may_what_it_may_and_no_more(guarded: Served) -> None:
    with guarded.token("viewer") as viewer, guarded.token("editor") as editor:
        for path in ("/v1/resources", "/v1/plan", "/metrics"):
            assert viewer.get(path).status_code == 200
        denied = viewer.post("/v1/reconcile")
        assert (denied.status_code, code(denied)) == (403, "HT102")
        assert editor.post("/v1/reconcile").status_code == 202
    kept = [
        (line["who"], line["method"], line["target"], line["status"]) for line in audit(guarded)
    ]
    assert ("a-viewer", "POST", "/v1/reconcile", 403) in kept
    assert ("a-editor", "POST", "/v1/reconcile", 202) in kept


def test_a_token_of_a_tenant_reaches_that_tenant(guarded: Served) -> None:
    with guarded.token("admin", "--tenant", "shop", name="shop") as shop:
        assert shop.get("/v1/tenants/shop/resources").json()["items"] == []
        for path in ("/v1/resources", "/v1/tenants/default/plan", "/metrics"):
            assert shop.get(path).status_code == 403
        assert "/people" not in shop.get("/v1/tenants/shop/plan").text
    with guarded.token("viewer", "--tenant", "default", name="own") as own:
        assert own.get("/v1/tenants/default/resources/Graph/people").status_code == 200
        assert own.get("/v1/tenants/shop/resources").status_code == 403


def test_a_token_that_is_taken_back_is_refused_at_once(guarded: Served) -> None:
    repository = guarded.coordinator.repository
    with guarded.token("viewer", name="short") as client:
        assert client.get("/v1/plan").status_code == 200
        again = repository.gsctl("token", "create", "short")
        assert again.returncode == 1
        assert "HT108" in again.stderr
        assert "short" in repository.gsctl("token", "list").stdout
        assert repository.gsctl("token", "revoke", "short").returncode == 0
        assert client.get("/v1/plan").status_code == 401
    assert repository.gsctl("token", "revoke", "short").returncode == 1


def test_a_token_ends_when_it_was_said(tmp_path: Path, guarded: Served) -> None:
    folder = guarded.coordinator.repository.path / ".gsctl/default/ledger"
    _, text = Tokens(folder).create("brief", Role.VIEWER, None, 0.0)
    with guarded.with_text(text) as client:
        found = client.get("/v1/plan")
        assert found.status_code == 401
        assert "expired" in found.text


def test_wrong_tokens_are_soon_not_looked_at_and_right_ones_still_are(guarded: Served) -> None:
    before = len(audit(guarded))
    with guarded.token("viewer", name="calm") as calm:
        for _ in range(11):
            last = guarded.client.get("/v1/plan", headers={"Authorization": "Bearer gsctl_0_0"})
        assert (last.status_code, code(last)) == (429, "HT103")
        assert int(last.headers["Retry-After"]) > 0
        assert calm.get("/v1/plan").status_code == 200
        since = [line["status"] for line in audit(guarded)[before:]]
        assert since.count(401) <= 10


def test_a_token_is_written_nowhere(guarded: Served) -> None:
    made = guarded.coordinator.repository.gsctl("token", "create", "secret", "--role", "admin")
    text = made.stdout.strip()
    with guarded.with_text(text) as client:
        client.post("/v1/reconcile")
        client.get(f"/v1/resources/Graph/{text}")
        client.post(f"/v1/{text}")
    secret = text.rpartition("_")[2]
    ledger = guarded.coordinator.repository.path / ".gsctl/default/ledger"
    assert (ledger / "tokens.json").stat().st_mode & 0o077 == 0
    for path in ledger.iterdir():
        assert secret not in path.read_text(), path.name
    assert secret not in guarded.coordinator.repository.gsctl("token", "list", "--json").stdout


def test_every_question_says_which_role_it_needs() -> None:
    """A new one that forgets is open to nobody; this tells whoever wrote it."""
    from fastapi.routing import APIRoute

    from reconciler.server import app, questions, rest, verbs

    assert make_app
    for route in (
        *app.about.routes,
        *(r for m in (rest, verbs, questions) for r in m.router.routes),
    ):
        assert isinstance(route, APIRoute)
        assert hasattr(route.endpoint, "needs"), route.path


@pytest.mark.parametrize("damage", ["{", '{"format": 1, "tokens": [{}]}', '{"format": 99}'])
def test_a_damaged_file_of_tokens_lets_nobody_in_and_is_kept(guarded: Served, damage: str) -> None:
    path = guarded.coordinator.repository.path / ".gsctl/default/ledger/tokens.json"
    with guarded.token("viewer", name=f"v{time.time_ns()}") as client:
        before = path.read_text()
        try:
            path.write_text(damage)
            assert client.get("/v1/plan").status_code == 503
            made = guarded.coordinator.repository.gsctl("token", "create", "more")
            assert made.returncode == 1
            assert path.read_text() == damage
        finally:
            path.write_text(before)
        assert client.get("/v1/plan").status_code == 200
