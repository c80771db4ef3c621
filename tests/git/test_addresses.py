"""What may follow `--source`: little, and nothing that git or ssh would read as something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.git.address import Address, parse_address
from reconciler.git.trouble import Trouble

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("text", "url", "path", "ref", "tenant", "name"),
    [
        ("file:///srv/a.git", "file:///srv/a.git", "", None, None, "/srv/a"),
        ("file:///srv/a?ref=main", "file:///srv/a", "", "main", None, "/srv/a@main"),
        ("https://Git.Example.com/t/a.git//x/y?ref=v1.2&tenant=T", "https://git.example.com/t/a.git", "x/y", "v1.2", "T", "git.example.com/t/a//x/y@v1.2"),
        ("https://h:8443/a%20b", "https://h:8443/a%20b", "", None, None, "h:8443/a%20b"),
        ("ssh://git@h:22/~me/a.git", "ssh://git@h:22/~me/a.git", "", None, None, "h:22/~me/a"),
        ("ssh://h/a?tenant=t&ref=feature%2Fx", "ssh://h/a", "", "feature/x", "t", "h/a@feature/x"),
        (f"https://[::1]/a?ref={COMMIT}", "https://[::1]/a", "", COMMIT, None, f"[::1]/a@{COMMIT}"),
    ],
)  # fmt: skip
def test_a_url_is_taken_apart(text, url, path, ref, tenant, name) -> None:
    found = parse_address(text)
    assert found.remote is not None
    assert (found.remote.url, found.path, found.ref, found.tenant) == (url, path, ref, tenant)
    assert found.name == name
    assert found.is_pinned is (ref == COMMIT)


@pytest.mark.parametrize(
    ("text", "folder", "tenant"),
    [("repo", "repo", None), ("./a b", "./a b", None), ("/x/ü?tenant=shop", "/x/ü", "shop")],
)
def test_a_folder_is_a_folder(text, folder, tenant) -> None:
    assert parse_address(text) == Address(text, folder, tenant=tenant)


HOSTILE = [
    "",
    "-upload-pack=touch x",
    "--upload-pack=touch x",
    "ext::sh -c touch% /tmp/x",
    "fd::17/foo",
    "git@host:path/a.git",
    "host.example:path?tenant=t@x:y/z",
    "git://host/a",
    "http://host/a",
    "ftp://host/a",
    "FILE:///srv/a",
    "file://host/srv/a",
    "file://",
    "file:///srv/a/../b",
    "file:///srv/a//../b",
    "file:///srv/a//x/.git",
    "file:///srv/a//.GIT/x",
    "file:///srv/-a",
    "file:///srv/a//-x",
    "file:///srv/a%2e%2e",
    "file:///srv/a//x//y",
    "file:///srv/a//",
    "file:///srv/a;b",
    "file:///srv/$(touch x)",
    "file:///srv/a\n[core]",
    "file:///srv/a\0",
    "https://-oProxyCommand=x/a",
    "ssh://-oProxyCommand=touch%20x/a",
    "ssh://a@-oProxyCommand=x/a",
    "ssh://-l@host/a",
    "ssh://user:password@host/a",
    "https://user@host/a",
    "https://user:hunter2@host/a",
    "https://host:0/a",
    "https://host:99999/a",
    "https://host",
    "https://host/",
    "https://host/a#main",
    "https://host/a?ref=",
    "https://host/a?ref=-x",
    "https://host/a?ref=--upload-pack=x",
    "https://host/a?ref=a..b",
    "https://host/a?ref=a:b",
    "https://host/a?ref=%2Brefs/heads/*",
    "https://host/a?ref=a b",
    "https://host/a?ref=a^{commit}",
    "https://host/a?ref=a@{1}",
    "https://host/a?ref=a.lock",
    "https://host/a?ref=a/.b",
    "https://host/a?ref=a//b",
    "https://host/a?ref=/a",
    "https://host/a?ref=a%0Ab",
    "https://host/a?ref=a&ref=b",
    "https://host/a?Ref=a",
    "https://host/a?tenant=../x",
    "https://host/a?tenant",
    "repo?ref=main",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_not_known_to_be_harmless_is_refused(text: str) -> None:
    with pytest.raises(Trouble) as refused:
        parse_address(text)
    problem = refused.value.problem
    assert problem.code == "GI103"
    assert problem.summary.isprintable()
    assert "hunter2" not in problem.summary + problem.hint
    assert "password@" not in problem.summary


@given(st.text(max_size=60) | st.text("-:/?&=@.%~a1+", max_size=40).map("https://h/".__add__))
def test_whatever_is_written_it_is_taken_apart_or_refused(text: str) -> None:
    try:
        found = parse_address(text)
    except Trouble:
        return
    if found.remote is None:
        assert not found.folder.startswith("-")
        return
    for part in (found.remote.url, found.path, found.ref or "x"):
        assert part.isprintable()
        assert not part.startswith("-")
        assert "/-" not in part
        assert not {"..", ".git"} & set(part.lower().split("/"))
