"""The pages for people: who gets in, what is refused, and that they tell the same as `/v1`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from coordinator import Coordinator, until
from served import ADDRESSES, Served, await_phase, serving
from upstream import Upstream

from reconciler.server.auth import Principal
from reconciler.server.page.difference import Stretch, differs, stretches
from reconciler.server.page.paths import is_page, ours
from reconciler.server.page.sessions import Sessions, cookie_name, proves

engine = pytest.mark.engine
BROWSER = {"Accept": "text/html,*/*;q=0.8"}
READ = ("/", "/things/Graph/people", "/things/Engine/main", "/things/Procedure/ages",
        "/things/Load/people", "/plan", "/events", "/history")  # fmt: skip


def visitor(served: Served) -> httpx.Client:
    """A browser, as far as its headers tell."""
    headers = {**BROWSER, "Origin": served.url}
    return httpx.Client(base_url=served.url, headers=headers,
                        transport=httpx.HTTPTransport(local_address=next(ADDRESSES)))  # fmt: skip


def token_of(served: Served, role: str, name: str, *words: str) -> str:
    with served.token(role, *words, name=name) as client:
        return client.headers["Authorization"].removeprefix("Bearer ")


def await_graph(served: Served, token: str) -> None:
    """Until there is something that buttons could be for."""
    with served.with_text(token) as client:
        await_phase(client, "Graph/people", "Ready")


def proof_on(page: str) -> str:
    found = re.search(r'name="proof" value="([^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def inside(guarded: Served):
    """An editor whose browser has a session, and his token."""
    name = f"editor-{next(ADDRESSES).replace('.', '-')}"
    token = token_of(guarded, "editor", name)
    with visitor(guarded) as client:
        assert client.post("/login", data={"token": token}).status_code == 303
        yield client, token
    guarded.coordinator.repository.gsctl("token", "revoke", name)


@engine
@pytest.mark.parametrize("path", READ)
def test_a_page_wants_a_login_and_tells_nothing_before(guarded: Served, path: str) -> None:
    with visitor(guarded) as client:
        found = client.get(path)
        assert found.status_code == 303
        assert found.headers["Location"].startswith("/login?to=%2F")
        assert "people" not in client.get("/login").text


@engine
@pytest.mark.parametrize("path", READ)
def test_each_page_is_closed_to_scripts_frames_and_caches(open_one: Served, path: str) -> None:
    found = open_one.client.get(path, headers=BROWSER)
    assert found.status_code == 200
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert found.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\ssrc=)|\son[a-z]+=|\sstyle=|javascript:", found.text)


@engine
def test_a_session_is_a_cookie_that_no_script_reads_and_v1_does_not_know(inside) -> None:
    client, token = inside
    (cookie,) = client.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite").lower() == "strict"
    assert cookie.value not in token
    page = client.get("/")
    assert page.status_code == 200
    assert token.rpartition("_")[2] not in page.text
    assert client.get("/v1/resources").status_code == 401
    assert client.get("/metrics").status_code == 401


@engine
def test_who_logs_in_is_kept_and_leaves_no_older_session(guarded: Served, inside) -> None:
    client, token = inside
    older = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    assert client.post("/login", data={"token": token}).status_code == 303
    assert client.get("/", headers={"Cookie": older}).status_code == 303
    log = guarded.coordinator.repository.path / ".gsctl/default/ledger/audit.jsonl"
    kept = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["status"] for line in kept
            if line["target"] == "/login" and line["token"] == token.split("_")[1]] == [303, 303]  # fmt: skip


@engine
def test_a_piece_of_a_page_leads_to_the_login_when_the_session_is_over(guarded: Served) -> None:
    piece = {"HX-Request": "true"}
    found = guarded.client.get("/plan", headers=piece)
    assert (found.status_code, found.headers["HX-Redirect"]) == (401, "/login")
    assert "HX-Redirect" not in guarded.client.get("/v1/plan", headers=piece).headers


@engine
def test_a_session_ends_by_logging_out_and_with_its_token(guarded: Served, inside) -> None:
    client, token = inside
    kept = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    proof = proof_on(client.get("/").text)
    assert client.post("/logout", data={"proof": proof}).status_code == 303
    assert not client.cookies
    assert client.get("/", headers={"Cookie": kept}).status_code == 303
    assert client.post("/login", data={"token": token}).status_code == 303
    assert client.get("/").status_code == 200
    assert guarded.coordinator.repository.gsctl("token", "revoke",
                                                token.split("_")[1]).returncode == 0  # fmt: skip
    assert client.get("/").status_code == 303


@engine
def test_a_wrong_token_is_refused_counted_and_kept_in_the_audit_log(guarded: Served) -> None:
    with visitor(guarded) as client:
        found = [client.post("/login", data={"token": "gsctl_1_guessed"}) for _ in range(11)]
    assert [f.status_code for f in found] == [401] * 10 + [429]
    assert "HT101" in found[0].text
    assert "guessed" not in found[0].text
    log = guarded.coordinator.repository.path / ".gsctl/default/ledger/audit.jsonl"
    assert any(json.loads(line)["target"] == "/login" for line in log.read_text().splitlines())
    assert "guessed" not in log.read_text()


@engine
@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_a_form_of_somewhere_else_is_refused(inside, origin: str | None) -> None:
    client, token = inside
    proof = proof_on(client.get("/").text)
    del client.headers["Origin"]
    headers = {"Origin": origin} if origin else {}
    for path in ("/act/reconcile", "/logout", "/login"):
        found = client.post(path, data={"proof": proof, "token": token}, headers=headers)
        assert found.status_code == 403
        assert "HT120" in found.text
    assert client.get("/").status_code == 200


@engine
@pytest.mark.parametrize("proof", ["", "x", "é"])
def test_a_form_without_its_proof_is_refused(inside, open_one: Served, proof: str) -> None:
    client, _ = inside
    assert client.post("/act/reconcile", data={"proof": proof}).status_code == 403
    of_another = proof_on(open_one.client.get("/", headers=BROWSER).text)
    assert client.post("/act/reconcile", data={"proof": of_another}).status_code == 403
    right = proof_on(client.get("/").text)
    done = client.post("/act/reconcile", data={"proof": right})
    assert (done.status_code, done.headers["Location"]) == (303, "/")


@engine
def test_on_the_loopback_without_tokens_a_form_needs_its_proof_too(open_one: Served) -> None:
    headers = {**BROWSER, "Origin": open_one.url}
    found = open_one.client.post("/act/reconcile", data={"proof": ""}, headers=headers)
    assert found.status_code == 403
    proof = proof_on(open_one.client.get("/", headers=BROWSER).text)
    found = open_one.client.post("/act/reconcile", data={"proof": proof}, headers=headers)
    assert found.status_code == 303


@engine
def test_a_viewer_sees_no_button_and_may_press_none(guarded: Served) -> None:
    token = token_of(guarded, "viewer", "reads")
    await_graph(guarded, token)
    with visitor(guarded) as client:
        client.post("/login", data={"token": token})
        page = client.get("/").text
        assert "/act/" not in page
        assert "/act/" not in client.get("/things/Graph/people").text
        for path in ("reconcile", "suspend/Graph/people", "approve/Graph/people"):
            found = client.post(f"/act/{path}", data={"proof": proof_on(page)})
            assert found.status_code == 403
            assert "HT102" in found.text
        assert client.get("/things/Graph/people/log").status_code == 403


@engine
def test_an_editor_has_his_buttons_and_not_those_of_an_admin(guarded: Served, inside) -> None:
    client, token = inside
    await_graph(guarded, token)
    page = client.get("/things/Graph/people").text
    assert "/act/restart/Graph/people" in page
    assert "/act/adopt/" not in page
    proof = {"proof": proof_on(page)}
    for path, status in (("approve/Graph/people", 403), ("adopt/Graph/people", 403),
                         ("restart/Engine/main", 422), ("restart/Graph/none", 404),
                         ("rollback/Graph/people", 409), ("drop/Graph/people", 422)):  # fmt: skip
        found = client.post(f"/act/{path}", data=proof)
        assert found.status_code == status, (path, found.text)
        assert "<h1>Refused</h1>" in found.text


@engine
def test_a_token_of_a_tenant_sees_that_tenant_alone(guarded: Served) -> None:
    token = token_of(guarded, "admin", "shops", "--tenant", "shop")
    with visitor(guarded) as client:
        entered = client.post("/login", data={"token": token})
        assert entered.headers["Location"] == "/tenants/shop/"
        assert client.get("/tenants/shop/").status_code == 200
        for path in READ:
            found = client.get(path)
            assert found.status_code == 403, path
            assert "Graph/people" not in found.text
        for path in ("/tenants/shop/", "/tenants/shop/plan", "/tenants/shop/events"):
            assert "Graph/people" not in client.get(path).text


@engine
def test_what_is_not_there_is_told_as_a_page_to_browsers_alone(open_one: Served) -> None:
    for path in ("/things/Graph/none", "/things/Cat/people", "/things/Graph/people/more"):
        assert "<h1>Refused</h1>" in open_one.client.get(path, headers=BROWSER).text
        assert open_one.client.get(path).json()["problems"]
    assert open_one.client.get("/v1/none", headers=BROWSER).json()["problems"]
    assert open_one.client.get("/static/..%2f__init__.py").status_code == 404


@engine
def test_the_pages_say_what_v1_says(open_one: Served) -> None:
    page = open_one.client.get("/", headers=BROWSER).text
    for item in open_one.client.get("/v1/resources").json()["items"]:
        address = f"/things/{item['kind']}/{item['metadata']['name']}"
        assert f'href="{address}"' in page
        assert f">{item['status']['phase']}</span>" in open_one.client.get(address).text
    graph = open_one.client.get("/v1/resources/Graph/people").json()
    assert graph["status"]["copy"] in open_one.client.get("/things/Graph/people").text


@engine
def test_the_first_page_names_the_documents_of_a_folder(open_one: Served, guarded: Served) -> None:
    page = open_one.client.get("/", headers=BROWSER).text
    (digest,) = re.findall(r'documents <code title="([0-9a-f]{64})">', page)
    assert f">{digest[:12]}</code>" in page
    assert str(open_one.coordinator.repository.path) in page
    with visitor(guarded) as client:
        client.post("/login", data={"token": token_of(guarded, "viewer", "his", "--tenant", "his")})
        assert 'class="revision"' not in client.get("/tenants/his/").text


@engine
def test_the_pages_name_the_commit_that_is_followed_and_its_time(
    written: Coordinator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    upstream = Upstream.made(written.repository.path)
    first = upstream.commit(dates={"GIT_COMMITTER_DATE": "1700000000 +0000"})
    source = ("--source", f"{upstream.url}?ref=main")
    with serving(written, "--insecure-loopback", *source) as served:
        until(served.ready, "it has looked")
        await_phase(served.client, "Graph/people", "Ready")
        page = served.client.get("/", headers=BROWSER).text
        assert f'commit <code title="{first}">{first[:12]}</code>' in page
        assert 'datetime="2023-11-14T22:13:20+00:00"' in page
        assert f'<code title="{first}">' in served.client.get("/history", headers=BROWSER).text


@engine
def test_every_page_says_which_role_it_needs() -> None:
    from fastapi.routing import APIRoute

    from reconciler.server.page import buttons, live, reading

    for router in (reading.router, live.router, buttons.router):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            assert hasattr(route.endpoint, "needs"), route.path


@pytest.mark.parametrize(("host", "name"), [
    ("127.0.0.1:8080", "gsctl-8080"), ("localhost", "gsctl"), ("[::1]:80", "gsctl-80"),
    ("graphs.example", "__Host-gsctl"), ("graphs.example:8443", "__Host-gsctl-8443"),
])  # fmt: skip
def test_a_cookie_is_of_one_port_and_beyond_the_loopback_for_tls_alone(
    host: str, name: str
) -> None:
    assert cookie_name(host) == name


@pytest.mark.parametrize("to", ["//evil.example", "/\\evil.example", "https://evil.example", "",
                                "/a b", "/\r\nX: y", "javascript:x"])  # fmt: skip
def test_a_login_goes_on_nowhere_else(to: str) -> None:
    assert ours(to) == "/"
    assert ours("/things/Graph/people") == "/things/Graph/people"


def test_sessions_are_bounded_and_counted_by_nobody_elses_secret() -> None:
    sessions = Sessions()
    first = sessions.begin({"default": Principal("ada", id="a")})
    assert sessions.find(first)
    assert sessions.find("guess") is None
    assert not proves("", "")
    for _ in range(1024):
        last = sessions.begin({"default": Principal("bob", id="b")})
    assert sessions.find(first) is None
    assert sessions.find(last)


@pytest.mark.parametrize("path", ["/v1/resources", "/metrics", "/openapi.json", "/v1", "/plans"])
def test_a_session_counts_on_no_path_for_programs(path: str) -> None:
    assert not is_page(path)


def lines(found: tuple[Stretch, ...]) -> list[str]:
    return [f"{line.sign}{line.text}" for stretch in found for line in stretch.lines]


def test_both_sides_are_compared_whatever_the_order_of_their_fields() -> None:
    found = stretches({"a": 1, "b": {"c": 2, "d": [1]}}, {"b": {"d": [1], "c": 3}, "a": 1})
    assert lines(found) == [" a: 1", " b:", "-  c: 3", "+  c: 2", "   d:", "   - 1"]
    assert differs(found)
    assert not differs(stretches({"a": 1, "b": 2}, {"b": 2, "a": 1}))


def test_what_is_the_same_far_from_a_difference_is_folded() -> None:
    declared = {f"f{n}": n for n in range(40)}
    found = stretches(declared, {**declared, "f20": 0})
    assert [(len(s.lines), s.folded) for s in found] == [(17, True), (8, False), (16, True)]


@pytest.mark.parametrize(
    ("declared", "live", "sign"), [({"a": 1}, None, "+"), (None, {"a": 1}, "-")]
)
def test_a_side_that_is_absent_has_no_line(declared, live, sign: str) -> None:
    assert lines(stretches(declared, live)) == [f"{sign}a: 1"]
