"""Which files are read: ours, and nothing from outside."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_repository import PROJECT, WHOLE, desired, said, write

from reconciler.model.problem import Problem
from reconciler.source.containment import resolve_data_file
from reconciler.source.files import find_files


def names(root: Path, *exclude: str) -> list[str]:
    return [file.name for file in find_files(root, exclude)[0]]


def make(root: Path, *files: str) -> Path:
    return write(root, dict.fromkeys(files, ""))


def test_every_yaml_is_read_but_hidden_ones_and_overlays(tmp_path: Path) -> None:
    make(tmp_path, "b.yml", "a.yaml", "x/y/c.yaml", ".h.yaml", ".d/e.yaml", "environments/dev.yaml",
         "x/environments/f.yaml", "g.json", "h.yaml.bak", "folder.yaml/i.yaml")  # fmt: skip
    assert names(tmp_path) == [
        "a.yaml", "b.yml", "folder.yaml/i.yaml", "x/environments/f.yaml", "x/y/c.yaml",
    ]  # fmt: skip


def test_the_project_excludes_by_patterns(tmp_path: Path) -> None:
    make(tmp_path, "a.yaml", "charts/b.yaml", "x/charts/c.yaml", "x/d-test.yaml")
    assert names(tmp_path, "/charts/", "*-test.yaml") == ["a.yaml", "x/charts/c.yaml"]
    project = PROJECT.replace("spec: {", "spec: {exclude: [bad/], ")
    assert not said(desired(tmp_path, {"gsctl.yaml": project, "bad/x.yaml": "]"}))


IGNORES = {
    "root rules": {".gitignore": "build/\n*.tmp.yaml\n!keep.tmp.yaml\n/top.yaml\n"},
    "a deeper file speaks last": {".gitignore": "*.yaml\n", "x/.gitignore": "!a.yaml\n"},
    "a deeper file adds": {".gitignore": "", "x/.gitignore": "/a.yaml\ny/\n"},
    "an ignored folder cannot be entered again": {".gitignore": "x/\n!x/a.yaml\n"},
    "a folder's content ignored, one kept": {".gitignore": "x/*\n!x/a.yaml\n"},
    "deep patterns": {".gitignore": "**/y/*.yaml\nx/**/z.yaml\n"},
}
FILES = ("a.yaml", "top.yaml", "x/top.yaml", "x/a.yaml", "x/y/a.yaml", "x/y/z.yaml", "build/a.yaml",
         "b.tmp.yaml", "x/keep.tmp.yaml", "x/y/build/z.yaml")  # fmt: skip


@pytest.mark.parametrize(
    "below", ["", "deploy"], ids=["at the top", "in a folder of the work tree"]
)
@pytest.mark.parametrize("rules", IGNORES.values(), ids=IGNORES)
def test_what_git_ignores_is_not_read(tmp_path: Path, rules: dict[str, str], below: str) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    write(tmp_path, rules)
    root = make(tmp_path / below, *FILES)
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    shown = sorted(
        name for name in listed.stdout.split("\0") if name.endswith("a.yaml") or "yaml" in name
    )
    assert names(root) == shown


def test_links_that_lead_out_are_told_and_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "out/secret.yaml")
    root = make(tmp_path / "repo", "real.yaml", "hidden/.kept/z.yaml")
    (root / "file.yaml").symlink_to("../out/secret.yaml")
    (root / "folder").symlink_to(tmp_path / "out")
    (root / "inside.yaml").symlink_to("real.yaml")
    (root / "cycle").symlink_to(".")
    (root / "loop.yaml").symlink_to("loop.yaml")
    (root / "dangling.yaml").symlink_to("nothing.yaml")
    files, problems = find_files(root)
    assert [file.name for file in files] == ["inside.yaml", "real.yaml"]
    assert sorted((p.code, p.severity, p.summary) for p in problems) == [
        ("SY107", "error", "file.yaml is a link that leads out of the repository"),
        ("SY107", "error", "folder is a link that leads out of the repository"),
        ("SY107", "note", "cycle is a link to a folder, which is not followed"),
    ]


def test_an_overlay_that_is_a_link_outside_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "out", {"a.yaml": "]"})
    root = write(tmp_path / "repo", {**WHOLE, "environments/x.yaml": ""})
    (root / "environments/dev").symlink_to(tmp_path / "out")
    (root / "environments/dev.yaml").symlink_to(tmp_path / "out/a.yaml")
    found = desired(root, environment="dev")
    assert [p.code for p in found.problems if p.severity == "error"] == ["SY107", "SY107"]


def test_an_unreadable_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert names(tmp_path) == []


def test_a_folder_without_a_project_file_is_not_walked(tmp_path: Path) -> None:
    [problem] = desired(tmp_path, {"a.yaml": "]"}).problems
    assert (problem.code, "`gsctl init`" in problem.hint) == ("SC109", True)


DATA: list[tuple[str, str, str | None]] = [
    ("beside the file", "a.csv", "repo/graphs/a.csv"),
    ("up and down inside the repository", "../data/a.csv", "repo/data/a.csv"),
    ("a file that is not there", "none/b.csv", "repo/graphs/none/b.csv"),
    ("out of the repository", "../../out/a.csv", None),
    ("far out", "../" * 30 + "etc/passwd", None),
    ("an absolute path", "{root}/repo/data/a.csv", None),
    ("an absolute path below a data root", "{root}/big/a.csv", "big/a.csv"),
    ("an absolute path that climbs out of a data root", "{root}/big/../out/a.csv", None),
    ("a link that leads out", "link.csv", None),
    ("through a folder that is a link out", "linked/a.csv", None),
    ("a link into a data root", "big.csv", "big/a.csv"),
    ("a link out of a data root", "{root}/big/out.csv", None),
    ("a pattern", "../data/*.csv", "repo/data/*.csv"),
    ("a pattern that meets a link out", "*.csv", None),
    ("a deep pattern through a link out", "**/*.csv", None),
    ("a NUL", "a\0.csv", None),
]


@pytest.mark.parametrize(("named", "expected"), [d[1:] for d in DATA], ids=[d[0] for d in DATA])
def test_a_data_file_lies_in_the_repository_or_below_a_data_root(
    tmp_path: Path, named: str, expected: str | None
) -> None:
    make(tmp_path, "repo/graphs/a.csv", "repo/data/a.csv", "out/a.csv", "big/a.csv")
    (tmp_path / "repo/graphs/link.csv").symlink_to("../../out/a.csv")
    (tmp_path / "repo/graphs/linked").symlink_to(tmp_path / "out")
    (tmp_path / "repo/graphs/big.csv").symlink_to(tmp_path / "big/a.csv")
    (tmp_path / "big/out.csv").symlink_to("../out/a.csv")
    found = resolve_data_file(
        named.replace("{root}", str(tmp_path)), tmp_path / "repo/graphs", tmp_path / "repo",
        (tmp_path / "big",),
    )  # fmt: skip
    if expected is None:
        assert isinstance(found, Problem)
        assert found.code == "LD106"
    else:
        assert found == tmp_path / expected


@given(st.lists(st.sampled_from(["..", ".", "a", "link", "/", "", "*"]), max_size=8).map("/".join))
def test_no_name_leads_out(tmp_path_factory: pytest.TempPathFactory, named: str) -> None:
    root = tmp_path_factory.getbasetemp() / "contained"
    if not root.exists():
        make(root, "repo/a/b.csv", "out/b.csv")
        (root / "repo/link").symlink_to("../out")
        (root / "repo/a/link").symlink_to("..")
    found = resolve_data_file(named, root / "repo/a", root / "repo")
    if not isinstance(found, Problem):
        assert Path(os.path.realpath(found)).is_relative_to(root / "repo")


@pytest.mark.parametrize(
    ("text", "code", "skipped"),
    [
        ("apiVersion: v1\nkind: ConfigMap\ndata: ]\n", None, 1),
        ("kind: Engine\nspec: ]\n", "SY101", 0),
        ("data: ]\nkind: Engine\n", "SY101", 0),
    ],
    ids=["known to be foreign", "known to be ours", "nobody can tell"],
)
def test_broken_yaml_is_told_unless_it_is_known_to_be_somebody_elses(
    tmp_path: Path, text: str, code: str | None, skipped: int
) -> None:
    found = desired(tmp_path, {**WHOLE, "x.yaml": text})
    assert [p.code for p in found.problems] == ([code] if code else [])
    assert found.skipped == skipped
