"""Who may ring, for which sources, and how often one delivery counts."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.following import webhooks
from reconciler.following.access import Access, read_access
from reconciler.following.commits import GitSource
from reconciler.following.webhooks import Delivery, Unproven, Unreadable, Webhooks, announced
from reconciler.git.address import parse_address
from reconciler.git.program import Login

ACCESS = """
- for: https://h/team/
  webhook: {secret: {env: TEAM}}
- for: https://h/other
  webhook: {secret: {env: OTHER}}
- for: https://h/silent
"""
SOURCES = ("https://h/team/a.git?ref=main", "https://h/team/a//sub?ref=dev", "https://h/team/b",
           "https://h/other/c", "https://h/silent/d")  # fmt: skip


@pytest.fixture
def hooks(tmp_path: Path) -> tuple[Webhooks, tuple[GitSource, ...]]:
    path = tmp_path / "access.yaml"
    path.write_text(ACCESS)
    access = read_access(path, {"TEAM": "s1", "OTHER": "s2"})
    assert isinstance(access, Access)
    sources = tuple(GitSource(parse_address(text), tmp_path, Login, "", "default")
                    for text in SOURCES)  # fmt: skip
    return Webhooks(sources, access), sources


def github(body: bytes, secret: str = "s1", event: str = "push", id_: str = "1") -> Delivery:
    proof = hmac.new(secret.encode(), body, sha256).hexdigest()
    return announced({"x-hub-signature-256": f"sha256={proof}", "x-github-event": event,
                      "x-github-delivery": id_})  # fmt: skip


def gitlab(secret: str = "s1", event: str = "Push Hook", id_: str = "1") -> Delivery:
    return announced({"x-gitlab-token": secret, "x-gitlab-event": event, "idempotency-key": id_})


def push(path: str, ref: str = "refs/heads/main", **more) -> bytes:
    url = f"https://h/{path}.git"
    return json.dumps({"ref": ref, "repository": {"clone_url": url}, **more}).encode()


@pytest.mark.parametrize(
    ("body", "secret", "rung"),
    [
        (push("team/a"), "s1", ["h/team/a@main"]),
        (push("team/a", "refs/heads/dev"), "s1", ["h/team/a//sub@dev"]),
        (push("team/a", "refs/tags/v1"), "s1", []),
        (push("team/b", "refs/heads/any/thing"), "s1", ["h/team/b"]),
        (push("other/c"), "s2", ["h/other/c"]),
        (push("other/c"), "s1", ["h/team/a@main", "h/team/b"]),  # by another name: all that it may
        (push("silent/d"), "s1", ["h/team/a@main", "h/team/b"]),
        (b"{}", "s2", ["h/other/c"]),
        (b'{"repository": [], "project": {"git_http_url": 7}, "ref": {}}', "s2", ["h/other/c"]),
    ],
)
@pytest.mark.parametrize("sort", ["github", "gitlab"])
def test_a_delivery_rings_for_its_repository_and_branch(
    hooks, sort: str, body: bytes, secret: str, rung: list[str]
) -> None:
    found, sources = hooks
    delivery = github(body, secret) if sort == "github" else gitlab(secret)
    assert list(found.receive(delivery, body)) == rung
    assert [s.address.name for s in sources if s.asked.is_set()] == rung


@pytest.mark.parametrize("event", ["ping", "issues", "", "Pipeline Hook"])
def test_what_is_no_push_rings_for_nothing(hooks, event: str) -> None:
    assert hooks[0].receive(github(b"{}", event=event), b"{}") == ()


def test_who_knows_no_secret_rings_for_nothing(hooks) -> None:
    found, sources = hooks
    body = push("team/a")
    spoilt = body.replace(b"main", b"dev")
    for delivery, told in (
        (github(body, "wrong"), body), (github(body), spoilt), (gitlab("wrong"), body),
        (gitlab("s1x"), body), (github(body, ""), body), (github(body, "ünïcode"), body),
    ):  # fmt: skip
        with pytest.raises(Unproven):
            found.receive(delivery, told)
    assert not any(source.asked.is_set() for source in sources)


def test_a_delivery_counts_once_under_whatever_number_it_comes_again(hooks) -> None:
    found, _ = hooks
    body = push("team/a", after="1")
    assert found.receive(github(body, id_="1"), body)
    assert found.receive(github(body, id_="1"), body) == ()
    assert found.receive(github(body, id_="2"), body) == (), "its words are known"
    other = push("team/a", after="2")
    assert found.receive(github(other, id_="1"), other) == (), "its number is known"
    assert found.receive(github(other, id_="3"), other) == ()
    third = push("team/a", after="3")
    assert found.receive(github(third, id_="4"), third)


def test_what_is_remembered_has_an_end(hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = hooks
    monkeypatch.setattr(webhooks, "REMEMBERED", 10)
    for number in range(50):
        body = push("team/a", after=str(number))
        assert found.receive(github(body, id_=str(number)), body)
    assert len(found._seen) <= 10


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000, b"payload=%7B"])
def test_what_is_signed_and_no_delivery_is_said(hooks, body: bytes) -> None:
    with pytest.raises(Unreadable):
        hooks[0].receive(github(body), body)


HEADERS = ("x-hub-signature-256", "x-hub-signature", "x-gitlab-event", "x-github-event")


@given(
    st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=80) | st.just("sha256=" + "0" * 63))
)
def test_nothing_is_read_of_what_nothing_could_prove(headers) -> None:
    with pytest.raises(Unproven):
        announced(headers)


def test_a_delivery_rings_in_every_environment_and_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "access.yaml"
    path.write_text(ACCESS)
    access = read_access(path, {"TEAM": "s1", "OTHER": "s2"})
    assert isinstance(access, Access)
    both = [GitSource(parse_address(SOURCES[0]), tmp_path, Login, "", name)
            for name in ("dev", "prod")]  # fmt: skip
    body = push("team/a")
    assert Webhooks(both, access).receive(github(body), body) == ("h/team/a@main",)
    assert all(source.asked.is_set() for source in both)
