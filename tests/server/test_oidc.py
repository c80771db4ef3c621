"""Tokens that an issuer signed: right ones let members in, and all others are answered alike."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import jwt
import pytest
from coordinator import Coordinator, until
from issuer import AUDIENCE, TheIssuer, issuing
from leftovers import end_processes
from repository import Repository
from served import Served, serving

from reconciler.server import issuer_keys
from reconciler.server.issuer_keys import FetchedKeys, FileKeys, KeysUnreadable, safe_url

pytestmark = pytest.mark.engine

TENANTS = [
    {"kind": "Tenant", "metadata": {"name": "shop"},
     "spec": {"members": [{"subject": "ada", "role": "editor"}, {"subject": "bob", "role": "viewer"}]}},
    {"kind": "Tenant", "metadata": {"name": "default"},
     "spec": {"members": [{"subject": "ada", "role": "viewer"}]}},
]  # fmt: skip


@pytest.fixture(scope="module")
def issuer() -> Iterator[TheIssuer]:
    with issuing() as one:
        yield one


@pytest.fixture(scope="module")
def trusting(tmp_path_factory, neug_python: Path, issuer: TheIssuer) -> Iterator[Served]:
    repository = Repository(tmp_path_factory.mktemp("trusting") / "kept")
    repository.path.mkdir()
    repository.write(rows=20)
    (repository.path / "tenants.yaml").write_text("\n---\n".join(map(json.dumps, TENANTS)))
    words = ("--oidc-issuer", issuer.url, "--oidc-audience", AUDIENCE)
    with serving(Coordinator(repository), *words) as served:
        until(served.ready, "it is ready")
        yield served
    end_processes(repository.path.parent)


def got(served: Served, token: str, path: str = "/v1/tenants/shop/plan") -> httpx.Response:
    with served.with_text(token) as client:
        return client.get(path)


def test_a_member_has_his_role_in_his_tenants_and_nowhere_else(
    trusting: Served, issuer: TheIssuer
) -> None:
    with (
        trusting.with_text(issuer.token()) as ada,
        trusting.with_text(issuer.token(sub="bob")) as bob,
    ):
        for client in (ada, bob):
            assert client.get("/v1/tenants/shop/resources").status_code == 200
            for path in (
                "/v1/tenants/lab/plan",
                "/v1/tenants/none/plan",
                "/metrics",
                "/v1/history",
            ):
                assert client.get(path).status_code == 403, path
        assert ada.post("/v1/tenants/shop/reconcile").status_code == 202
        assert bob.post("/v1/tenants/shop/reconcile").status_code == 403
        assert ada.get("/v1/resources/Graph/people").status_code == 200
        assert ada.post("/v1/reconcile").status_code == 403
        assert bob.get("/v1/resources").status_code == 403
        share = ada.get("/v1/tenants/shop/resources/Tenant/shop").json()
        assert share["spec"]["members"][0]["subject"] == "ada"
    stranger = got(trusting, issuer.token(sub="eve"))
    assert stranger.status_code == 403
    log = trusting.coordinator.repository.path / ".gsctl/default/ledger/audit.jsonl"
    kept = [json.loads(line) for line in log.read_text().splitlines()]
    assert {"default:viewer,shop:editor"} <= {line["role"] for line in kept if line["who"] == "ada"}


def test_who_is_no_member_any_more_is_not_let_in(trusting: Served, issuer: TheIssuer) -> None:
    path = trusting.coordinator.repository.path / "tenants.yaml"
    before = path.read_text()
    assert got(trusting, issuer.token(sub="bob")).status_code == 200
    path.write_text(before.replace("bob", "cid"))
    until(lambda: got(trusting, issuer.token(sub="bob")).status_code == 403, "he is out")
    assert got(trusting, issuer.token(sub="cid")).status_code == 200
    path.write_text(before)
    until(lambda: got(trusting, issuer.token(sub="bob")).status_code == 200, "he is in again")


def test_a_member_sees_the_pages_of_his_tenants_until_his_token_ends(
    trusting: Served, issuer: TheIssuer
) -> None:
    with httpx.Client(base_url=trusting.url) as browser:

        def enter(token: str) -> httpx.Response:
            sent = {"token": token, "to": "/"}
            return browser.post("/login", data=sent, headers={"Origin": trusting.url})

        entered = enter(issuer.token(sub="bob"))
        assert entered.headers["Location"] == "/tenants/shop/"
        page = browser.get("/tenants/shop/")
        assert page.status_code == 200
        assert "bob" in page.text
        assert browser.get("/").status_code == 403
        ended = enter(issuer.token(sub="bob", exp=time.time() - 5))
        assert ended.status_code == 303, "clocks may differ"
        assert browser.get("/tenants/shop/", follow_redirects=False).status_code in (303, 401)
        assert enter(issuer.token(sub="bob", exp=NOW - 60)).status_code == 401


NOW = time.time()
WRONG: dict[str, Callable[[TheIssuer], str]] = {
    "expired": lambda i: i.token(exp=NOW - 60),
    "without an end": lambda i: i.token(exp=None),
    "not valid yet": lambda i: i.token(nbf=time.time() + 300),
    "issued in the future": lambda i: i.token(iat=time.time() + 300),
    "for somebody else": lambda i: i.token(aud="other"),
    "for nobody": lambda i: i.token(aud=None),
    "of another issuer": lambda i: i.token(iss="https://evil.example"),
    "of no issuer": lambda i: i.token(iss=None),
    "of nobody": lambda i: i.token(sub=None),
    "of a nameless": lambda i: i.token(sub=""),
    "of a key that is not published": lambda i: i.token("second"),
    "signed by another key": lambda i: i.token("first", key=i.keys["second"]),
    "with another algorithm of the same key": lambda i: i.token(alg="RS512"),
    "not signed": lambda i: i.forged({"alg": "none", "kid": "first"}),
    "not signed, loudly": lambda i: i.forged({"alg": "NONE", "kid": "first"}),
    "with the public key as a secret": lambda i: confused(i.token(), i.public_pem()),
    "with a secret among the keys": lambda i: i.token("oct", alg="HS256", key="x" * 32),
    "without the id of a key": lambda i: i.forged({"alg": "RS256"}, b"x"),
    "with a key of his own": lambda i: i.forged({"alg": "RS256", "kid": "first", "jwk": {}, "jku": "http://127.0.0.1:1/"}),
    "with a list for an id": lambda i: i.forged({"alg": "RS256", "kid": ["first"]}),
    "cut short": lambda i: i.token()[:-4],
    "changed": lambda i: changed(i.token()),
    "no JSON": lambda _: "e30.e30.e30",
    "no base64": lambda _: "a.b.c",
    "much too long": lambda i: i.token(more="x" * 40_000),
}  # fmt: skip


def confused(token: str, public: bytes) -> str:
    """The classic: the public key taken as the secret of a symmetric signature."""
    body = token.split(".")[1]
    head = jwt.utils.base64url_encode(b'{"alg":"HS256","kid":"first"}').decode()
    signature = hmac.digest(public, f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{jwt.utils.base64url_encode(signature).decode()}"


def changed(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(jwt.utils.base64url_decode(body))
    other = jwt.utils.base64url_encode(json.dumps({**claims, "sub": "bob"}).encode()).decode()
    return f"{head}.{other}.{signature}"


@pytest.mark.parametrize("sort", WRONG)
def test_whatever_is_wrong_with_a_token_the_answer_is_the_same(
    trusting: Served, issuer: TheIssuer, sort: str
) -> None:
    known = got(trusting, "gsctl_0_0")
    found = got(trusting, WRONG[sort](issuer))
    assert found.status_code == 401
    assert found.text == known.text
    assert {**found.headers, "date": ""} == {**known.headers, "date": ""}


def test_clocks_may_differ_a_little(trusting: Served, issuer: TheIssuer) -> None:
    now = time.time()
    assert got(trusting, issuer.token(exp=now - 10, nbf=now + 10)).status_code == 200


def test_tokens_of_our_own_go_on_beside_them(trusting: Served) -> None:
    with trusting.token("viewer", "--tenant", "shop", name="robot") as robot:
        assert robot.get("/v1/tenants/shop/plan").status_code == 200


def test_a_key_that_is_published_later_is_found_and_an_old_one_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(issuer_keys, "AGAIN_S", 0.0)
    with issuing() as issuer:
        keys = FetchedKeys(issuer.url, print)
        assert keys.find("first")
        assert keys.find("second") is None
        assert keys.find("oct") is None
        issuer.rotate()
        assert keys.find("second")
        assert keys.find("first") is None


def test_made_up_ids_of_keys_cause_no_fetches(monkeypatch: pytest.MonkeyPatch) -> None:
    with issuing() as issuer:
        keys = FetchedKeys(issuer.url, print)
        assert keys.find("first")
        issuer.rotate()
        assert all(keys.find(f"made-up-{n}") is None for n in range(100))
        assert keys.find("second") is None, "it was not asked again so soon"


def test_an_issuer_that_is_gone_is_believed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer_keys, "AGAIN_S", 0.0)
    monkeypatch.setattr(issuer_keys, "FRESH_S", 0.0)
    told: list[str] = []
    with issuing() as issuer:
        keys = FetchedKeys(issuer.url, told.append)
        assert keys.find("first")
    assert keys.find("first")
    assert "cannot be fetched" in told[0]
    monkeypatch.setattr(issuer_keys, "STALE_S", 0.0)
    with pytest.raises(KeysUnreadable):
        keys.find("first")


@pytest.mark.parametrize(
    "url",
    ["http://issuer.example", "file:///etc/passwd", "ftp://127.0.0.1", "https://", "127.0.0.1",
     "http://127.0.0.1.evil.example", "http://localhost@evil.example", "https://a:b@c.example", ""],
)  # fmt: skip
def test_keys_come_by_tls_or_from_this_machine(url: str) -> None:
    with pytest.raises(ValueError):
        safe_url(url)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"keys": 1}', '{"keys": [1]}', '{"keys": "x"}']
)
def test_what_is_no_set_of_keys_holds_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(KeysUnreadable):
        FileKeys(tmp_path / "keys.json").find("first")


def test_keys_in_a_file_are_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(
        '{"keys": [{"kty": "RSA", "kid": "a"}, {"kty": "RSA", "kid": "b", "use": "enc"}]}'
    )
    keys = FileKeys(path)
    assert keys.find("a")
    assert keys.find("b") is None
    path.write_text('{"keys": []}')
    assert keys.find("a") is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--oidc-issuer", "https://a.example"), "belong together"),
        (("--oidc-audience", "x"), "belong together"),
        (("--oidc-issuer", "http://a.example", "--oidc-audience", "x"), "neither https"),
        (("--oidc-issuer", "https://a.example", "--oidc-audience", "x", "--oidc-algorithm", "HS256"), "HS256"),
        (("--oidc-issuer", "https://a.example", "--oidc-audience", "x", "--oidc-keys", "none.json"), "none.json"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused_before_anything_starts(
    written: Coordinator, words: tuple[str, ...], says: str
) -> None:
    told = written.repository.gsctl("serve", "--http", "127.0.0.1:0", *words)
    assert told.returncode == 1
    assert says in told.stderr
    assert "CL112" in told.stderr
