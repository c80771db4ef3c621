"""A root is made once, whole, by whoever comes first, and nothing is made by looking."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.durable import create_json
from reconciler.root import Root, RootUnreadable


def test_looking_makes_nothing(tmp_path: Path) -> None:
    root = Root.peek(tmp_path / ".gsctl")
    assert root.id == ""
    assert not root.stands()
    assert root.engine_dir("default", "default", "main") == tmp_path / ".gsctl/default/default/main"
    assert list(tmp_path.iterdir()) == []


def test_a_root_is_private_ignored_by_git_and_the_same_when_opened_again(tmp_path: Path) -> None:
    root = Root.open(tmp_path / ".gsctl")
    assert root.path.stat().st_mode & 0o777 == 0o700
    assert (root.path / ".gitignore").read_text() == "*\n"
    assert len(bytes.fromhex(root.id)) == 8
    assert Root.open(root.path) == Root.peek(root.path) == root
    assert root.stands()
    assert sorted(p.name for p in root.path.iterdir()) == [".gitignore", "root.json"]


def test_processes_that_make_it_at_once_get_the_same_root(tmp_path: Path) -> None:
    script = "import sys; sys.stdin.read(1); from pathlib import Path; from reconciler.root import Root; print(Root.open(Path(sys.argv[1])).id)"
    command = [sys.executable, "-c", script, str(tmp_path / ".gsctl")]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("x")
        racer.stdin.flush()
    ids = {racer.communicate()[0].strip() for racer in racers}
    assert ids == {Root.peek(tmp_path / ".gsctl").id}


def test_whoever_comes_second_changes_nothing(tmp_path: Path) -> None:
    assert create_json(tmp_path / "root.json", {"id": "first"})
    assert not create_json(tmp_path / "root.json", {"id": "second"})
    assert json.loads((tmp_path / "root.json").read_text()) == {"id": "first"}
    assert len(list(tmp_path.iterdir())) == 1


def test_a_root_whose_parent_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(RootUnreadable, match="No such file"):
        Root.open(tmp_path / "not-mounted" / ".gsctl")
    assert Root.open(tmp_path / "state" / ".gsctl", parents=True).stands()


def test_a_folder_half_made_by_a_crash_is_completed(tmp_path: Path) -> None:
    (tmp_path / ".gsctl").mkdir()
    assert Root.open(tmp_path / ".gsctl").stands()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(json.dumps({"format": 2, "id": "x"}), "newer gsctl", id="a newer format"),
        pytest.param("{", "no mark", id="half a file"),
        pytest.param("[]", "no mark", id="another file"),
        pytest.param('{"format": 1, "id": ""}', "empty", id="an empty id"),
    ],
)
def test_a_mark_that_cannot_be_understood_is_refused_and_kept(
    tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "root.json").write_text(text)
    with pytest.raises(RootUnreadable, match=says):
        Root.open(tmp_path)
    assert (tmp_path / "root.json").read_text() == text


@pytest.mark.parametrize("name", ["..", "a/b", "", ".logs", "cache", "CACHE"])
def test_a_name_that_would_lead_elsewhere_makes_no_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name"):
        Root(tmp_path).environment_dir(name)


def test_a_tenant_cannot_take_the_place_of_the_ledger(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot name"):
        Root(tmp_path).engine_dir("default", "ledger", "main")
