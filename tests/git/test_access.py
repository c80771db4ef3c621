"""The file of `--git-access`: bound to hosts and paths, mistakes with their place, no secret shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.following.access import Access, read_access
from reconciler.git.address import parse_address
from reconciler.git.trouble import Trouble


def read(tmp_path: Path, text: str, **environ: str):
    path = tmp_path / "access.yaml"
    path.write_text(text)
    return read_access(path, environ)


SCOPES = """
- for: https://h
  username: whole
- for: https://h/team/
  username: team
- for: https://h/team/graphs.git
  username: one
- for: https://h:8443/team
  username: port
- for: ssh://git@h/team
  username: ssh
"""


@pytest.mark.parametrize(
    ("url", "username"),
    [
        ("https://h/x", "whole"),
        ("https://h/team/a.git", "team"),
        ("https://h/team/b/c", "team"),
        ("https://h/team/graphs", "one"),
        ("https://h/team/graphs.git//sub?ref=main", "one"),
        ("https://h/teams/a", "whole"),
        ("https://h:8443/team/a", "port"),
        ("https://h:8443/x", ""),
        ("ssh://me@h/team/a", "ssh"),
        ("https://hh/team/a", ""),
        ("https://team/h", ""),
        ("file:///team/a", ""),
    ],
)
def test_of_the_entries_that_fit_the_longest_holds(tmp_path: Path, url: str, username: str) -> None:
    access = read(tmp_path, SCOPES)
    remote = parse_address(url).remote
    assert isinstance(access, Access), access
    assert remote
    assert access.login(remote).username == username


def test_secrets_are_looked_up_each_time_and_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("hunter2\n")
    access = read(tmp_path, "- for: https://h\n  password: {secret: {file: password}}\n"
                            "  webhook: {secret: {env: HOOK}}\n", HOOK="hunter3")  # fmt: skip
    remote = parse_address("https://h/a").remote
    assert isinstance(access, Access)
    assert remote
    login = access.login(remote)
    assert (login.password, access.webhook(remote)) == ("hunter2", "hunter3")
    assert "hunter" not in repr((access, login, access.webhook(remote)))
    (tmp_path / "password").write_text("other")
    assert access.login(remote).password == "other"
    (tmp_path / "password").unlink()
    with pytest.raises(Trouble) as missing:
        access.login(remote)
    assert missing.value.problem.code == "GI112"


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("for: https://h", "1:1", "a list"),
        ("- a", "1:3", "fields"),
        ("- {for: https://h, usrname: x}", "1:20", "usrname"),
        ("- {username: x}", "1:3", "`for`"),
        ("- {for: 'https://u:hunter2@h'}", "1:9", "`for`"),
        ("- {for: http://h}", "1:9", "`for`"),
        ("- {for: 'https://h?ref=x'}", "1:9", "`for`"),
        ("- for: https://h\n  password: hunter2", "2:13", "reference"),
        ("- for: https://h\n  webhook: {secret: hunter2}", "2:12", "reference"),
        ("- for: https://h\n  username: [a]", "2:13", "text"),
        ("- for: https://h\n  key: ''", "2:8", "text"),
        ("- for: [", "2:1", ""),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, text: str, at: str, says: str) -> None:
    problems = read(tmp_path, text)
    assert isinstance(problems, tuple)
    problem = problems[0]
    assert str(problem.at) == f"{tmp_path}/access.yaml:{at}"
    assert says in problem.summary
    assert "hunter2" not in repr(problems)


def test_no_file_is_a_problem(tmp_path: Path) -> None:
    (problem,) = read_access(tmp_path / "none.yaml", {})
    assert problem.code == "SY108"
