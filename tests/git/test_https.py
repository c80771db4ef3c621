"""Over https: what opens a repository goes to its host and path, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from https import Server, certificate, serving
from upstream import Upstream

from reconciler.following.access import Access, read_access
from reconciler.following.commits import GitSource
from reconciler.git.address import parse_address
from reconciler.git.program import Login

PROJECT = {"gsctl.yaml": "kind: Project\n"}


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server(tmp_path: Path, upstream: Upstream, pem: Path) -> Iterator[Server]:
    upstream.commit(PROJECT)
    with serving(Server(tmp_path, pem, password="hunter2")) as found:
        yield found


def source(tmp_path: Path, url: str, text: str) -> GitSource:
    path = tmp_path / "access.yaml"
    path.write_text(text)
    access = read_access(path, {"PASSWORD": "hunter2"})
    assert isinstance(access, Access), access
    address = parse_address(url)
    remote = address.remote
    assert remote
    return GitSource(address, tmp_path / "clones", lambda: access.login(remote), "", "default")


def entry(url: str, pem: Path) -> str:
    return (f"- for: {url}\n  username: robot\n  password: {{secret: {{env: PASSWORD}}}}\n"
            f"  ca: {pem}\n")  # fmt: skip


def test_a_repository_is_opened_and_followed(
    tmp_path: Path, upstream: Upstream, server: Server, pem: Path
) -> None:
    followed = source(tmp_path, f"{server.url}/upstream?ref=main",
                      entry(f"{server.url}/upstream", pem))  # fmt: skip
    followed.look()
    assert followed.trouble() is None
    last = upstream.commit({"b.yaml": ""})
    followed.look()
    folder = followed.newest()
    assert folder is not None
    assert folder.revision == last


@pytest.mark.parametrize("scope", ["/other", "/up", "", None])
def test_nothing_is_sent_where_it_is_not_for(
    tmp_path: Path, server: Server, pem: Path, scope: str | None
) -> None:
    given = {None: "https://localhost/upstream", "": f"https://localhost:{server.port + 1}"}
    text = entry(given.get(scope, f"{server.url}{scope}"), pem)
    followed = source(
        tmp_path, f"{server.url}/upstream", f"{text}- for: {server.url}/upstream\n  ca: {pem}\n"
    )
    followed.look()
    trouble = followed.trouble()
    assert trouble is not None
    assert trouble.code == "GI104"
    assert server.shown == []


def test_nobody_sends_us_elsewhere(tmp_path: Path, server: Server, pem: Path) -> None:
    """Neither with what we know nor without: where it leads was not what was asked for."""
    with serving(Server(tmp_path, pem, elsewhere=server.url)) as bent:
        followed = source(tmp_path, f"{bent.url}/upstream", entry(bent.url, pem))
        followed.look()
        trouble = followed.trouble()
    assert trouble is not None
    assert "301" in trouble.summary
    assert server.shown == []


def test_a_wrong_password_and_a_strange_certificate_are_said_without_it(
    tmp_path: Path, server: Server, pem: Path
) -> None:
    server.password = "other"
    wrong = source(tmp_path, f"{server.url}/upstream", entry(server.url, pem))
    wrong.look()
    strange = source(
        tmp_path, f"{server.url}/upstream?ref=main", entry(server.url, Path("/dev/null"))
    )
    server.shown.clear()
    strange.look()
    assert server.shown == []
    for one in (wrong, strange):
        trouble = one.trouble()
        assert trouble is not None
        assert trouble.code == "GI104"
        assert "hunter2" not in repr(trouble)


def test_what_opens_a_repository_is_in_no_argument(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, server: Server, pem: Path
) -> None:
    """Whoever lists the machine's processes sees constants."""
    import subprocess

    started: list[list[str]] = []
    real = subprocess.Popen

    def seen(command, *args, **kwargs):
        started.append(list(command))
        return real(command, *args, **kwargs)

    upstream.git("branch", "release-7")
    monkeypatch.setattr("reconciler.git.program.subprocess.Popen", seen)
    followed = source(tmp_path, f"{server.url}/upstream?ref=release-7", entry(server.url, pem))
    followed.look()
    assert followed.trouble() is None
    words = " ".join(
        word for command in started if "http-backend" not in command for word in command
    )
    assert "fetch" in words
    for told in ("hunter2", "robot", "release-7", "upstream", "localhost"):
        assert told not in words


def test_ssh_has_a_key_and_hosts_of_its_own_or_is_not_tried(tmp_path: Path) -> None:
    address = parse_address("ssh://git@127.0.0.1:1/a")
    bare = GitSource(address, tmp_path / "clones", Login, "", "default")
    bare.look()
    trouble = bare.trouble()
    assert trouble is not None
    assert trouble.code == "GI112"
    (tmp_path / "hosts").touch()
    keyed = GitSource(address, tmp_path / "clones",
                      lambda: Login(key=tmp_path / "k", known_hosts=tmp_path / "hosts"),
                      "", "default")  # fmt: skip
    keyed.look()
    trouble = keyed.trouble()
    assert trouble is not None
    assert trouble.code == "GI104"
