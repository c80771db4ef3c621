"""The example of a third party's engine: found by its entry point, it keeps every law and applies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from subjects import held

from reconciler.testing.conformance import LAWS, Skip, Subject, hold

EXAMPLE = Path(__file__).parents[2] / "examples/write-an-engine"
HOLDER = """
import sqlite3
d = sqlite3.connect(PLACE, isolation_level=None)
d.execute("BEGIN EXCLUSIVE")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> dict[str, str]:
    """An environment in which the example is installed: its modules, and its metadata as a wheel's."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())
    site = tmp_path_factory.mktemp("site")
    for package in project["tool"]["setuptools"]["packages"]:
        shutil.copytree(EXAMPLE / package, site / package)
    name, version = project["project"]["name"], project["project"]["version"]
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = "".join(
        f"[{group}]\n" + "".join(f"{n} = {target}\n" for n, target in found.items())
        for group, found in project["project"]["entry-points"].items()
    )
    (info / "entry_points.txt").write_text(points)
    return {**os.environ, "PYTHONPATH": str(site)}


def run(env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], env=env, capture_output=True, text=True)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_it_keeps_the_law(law, tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import gsctl_sqlite

    subject = Subject(gsctl_sqlite, "embedded", hold=lambda at: held(sys.executable, HOLDER, at))
    try:
        hold(law, subject, tmp_path)
    except Skip as skip:
        pytest.skip(str(skip))


def test_it_is_tried_by_its_name(installed) -> None:
    words = ("reconciler.testing.conformance", "sqlite", "--law", "nothing is seen")
    done = run(installed, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sqlite, embedded\nkept")


def test_it_is_applied_by_its_type(installed, tmp_path) -> None:
    shutil.copytree(EXAMPLE / "try", tmp_path / "try", ignore=shutil.ignore_patterns(".gsctl"))
    here = ("gsctl", "-C", str(tmp_path / "try"))
    applied = run(installed, *here, "apply", "-y")
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert run(installed, *here, "plan", "--detailed-exitcode").returncode == 0
    question = 'SELECT p.name FROM "KNOWS" k JOIN "Person" p ON p.id = k.":to" ORDER BY 1'
    asked = run(installed, *here, "query", "friends", question)
    assert asked.returncode == 0, asked.stderr
    assert [w for w in asked.stdout.split() if w in ("Edsger", "Grace")] == ["Edsger", "Grace"]
    assert run(installed, *here, "destroy", "-y", "--allow-deletes").returncode == 0


def test_without_it_its_type_is_told_to_be_unknown(tmp_path) -> None:
    shutil.copytree(EXAMPLE / "try", tmp_path / "try", ignore=shutil.ignore_patterns(".gsctl"))
    done = run(dict(os.environ), "gsctl", "-C", str(tmp_path / "try"), "validate")
    assert done.returncode != 0
    assert "EN101" in done.stderr
