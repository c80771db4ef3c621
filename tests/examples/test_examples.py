"""Each example is a repository that validates, applies, answers, and then plans to nothing."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest
from copies import EXAMPLES, ROOT, run

NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/gsctl.yaml"))
QUESTION = {
    "debian-packages": ("affected-by", "package=zlib1g"),
    "hello": ("friends-of", "name=Ada"),
}


@pytest.mark.parametrize("name", NAMES)
def test_its_documents_are_valid(name: str, tmp_path: Path) -> None:
    done = run(EXAMPLES / name, "--root", str(tmp_path / "root"), "validate")
    assert (done.returncode, done.stdout[:6]) == (0, "Valid:"), done.stderr


def test_the_shortest_useful_repository_is_as_short_as_the_readme_says() -> None:
    said = re.search(
        r"is a whole repository in (\d+) lines", (ROOT / "README.md").read_text("utf-8")
    )
    assert said
    lines = (EXAMPLES / "hello/gsctl.yaml").read_text("utf-8").splitlines()
    assert len(lines) == int(said[1]) < 30


@pytest.mark.engine
@pytest.mark.parametrize("copied", NAMES, indirect=True)
def test_it_applies_answers_and_then_plans_to_nothing(copied: Path, neug_python: Path) -> None:
    applied = run(copied, "apply", "-y")
    assert applied.returncode == 0, applied.stderr
    answer = run(copied, "call", *QUESTION[copied.name], "--json", "--limit", "100000")
    assert answer.returncode == 0, answer.stderr
    rows = json.loads(answer.stdout)["rows"]
    assert sorted(map(tuple, rows)) == EXPECTED[copied.name](copied)
    assert "No changes." in run(copied, "plan").stdout
    assert run(copied, "plan", "--detailed-exitcode").returncode == 0
    assert run(copied, "test").returncode == 0


@pytest.mark.engine
@pytest.mark.parametrize("copied", ["debian-packages"], indirect=True)
def test_a_changed_file_plans_exactly_one_load(copied: Path, neug_python: Path) -> None:
    assert run(copied, "apply", "-y").returncode == 0
    with (copied / "data/depends.csv").open("a") as file:
        file.write("zlib1g,zlib1g,depends\n")
    planned = run(copied, "plan")
    assert "Plan: 0 to add, 0 to change, 0 to rebuild, 0 to destroy, 1 to load." in planned.stdout


def affected(folder: Path) -> list[tuple[str, int]]:
    """What breaks without zlib1g, and over how many steps, by a search of our own."""
    needed_by: dict[str, set[str]] = {}
    with (folder / "data/depends.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            needed_by.setdefault(row["target"], set()).add(row["source"])
    steps, waiting = {"zlib1g": 0}, deque(["zlib1g"])
    while waiting:
        here = waiting.popleft()
        for name in needed_by.get(here, ()):
            if name not in steps:
                steps[name] = steps[here] + 1
                waiting.append(name)
    return sorted((name, n) for name, n in steps.items() if 0 < n <= 16)


EXPECTED = {
    "debian-packages": affected,
    "hello": lambda _: [("Charles",), ("Mary",)],
}

INDEX = """\
Package: app
Version: 1:2.0~rc1-1
Maintainer: Some One <one@alone.example>
Depends: lib (>= 1), tool | other, virtual
Pre-Depends: base:any
Filename: a

Package: lib
Version: 1.9-1
Filename: b

Package: lib
Version: 1.10-1
Section: libs
Priority: optional
Installed-Size: 12
Filename: c

Package: other
Version: 1
Provides: virtual (= 1)
Filename: d

Package: base
Version: 1
Filename: e

Package: installed-by-hand
Version: 9
"""


def make_data(tmp_path: Path, *words: str) -> dict[str, str]:
    script = EXAMPLES / "debian-packages/make_data.py"
    argv = [sys.executable, "-B", str(script), "--index", "-", "--out", str(tmp_path), *words]
    subprocess.run(argv, input=INDEX, text=True, check=True, capture_output=True)
    return {path.stem: path.read_text("utf-8") for path in sorted(tmp_path.glob("*.csv"))}


def test_the_data_of_an_index_are_its_facts_without_people(tmp_path: Path) -> None:
    assert make_data(tmp_path, "--full") == {
        "packages": "name,version,section,priority,installed_size\n"
        "app,1:2.0~rc1-1,unknown,unknown,0\nbase,1,unknown,unknown,0\n"
        "lib,1.10-1,libs,optional,12\nother,1,unknown,unknown,0\n",
        "depends": "source,target,kind\napp,base,pre-depends\napp,lib,depends\napp,other,depends\n",
        "maintainers": "id,domain\n1,other\n2,other\n",
        "maintained_by": "source,target\napp,1\nbase,2\nlib,2\nother,2\n",
    }


def test_a_part_of_the_index_needs_nothing_outside(tmp_path: Path) -> None:
    made = make_data(tmp_path, "--limit", "3")
    names = {line.partition(",")[0] for line in made["packages"].splitlines()[1:]}
    assert names == {"base", "lib", "other"}  # app would need all four
    assert made["depends"] == "source,target,kind\n"


def test_committed_data_is_closed_small_and_without_people() -> None:
    data = EXAMPLES / "debian-packages/data"
    assert sum(path.stat().st_size for path in data.glob("*.csv")) < 1_000_000
    assert not re.search(r"\S@\S", "".join(p.read_text("utf-8") for p in data.glob("maint*.csv")))
    rows = [*csv.reader((data / "depends.csv").read_text("utf-8").splitlines())][1:]
    named = {row[0] for row in csv.reader((data / "packages.csv").read_text("utf-8").splitlines())}
    assert {end for row in rows for end in row[:2]} <= named


def session() -> list[tuple[str, str]]:
    """The commands of README's session, each with what it is shown to print."""
    text = (ROOT / "README.md").read_text("utf-8")
    block = re.search(r"<!-- runs in examples/hello -->\n```console\n(.*?)```", text, re.DOTALL)
    assert block
    parts = re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]
    return [(line, out) for line, _, out in (part.partition("\n") for part in parts)]


def steady(text: str) -> str:
    """Without what differs from run to run: times, sizes, and the names of copies."""
    text = re.sub(r"\b(\d+\.\d-)?\d+\.\d s\b", "T s", text)
    text = re.sub(r"\b\d+(\.\d)? MiB\b", "N MiB", text)
    return re.sub(r"copy [0-9a-f]{10}", "copy X", text)


@pytest.mark.engine
@pytest.mark.parametrize("copied", ["hello"], indirect=True)
def test_the_session_in_the_readme_is_what_happens(copied: Path, neug_python: Path) -> None:
    for line, shown in session():
        done = run(copied, command=line)
        assert steady(done.stdout + done.stderr) == steady(shown), line
