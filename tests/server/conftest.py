"""Coordinators that answer: one for all that only read, and new ones for those that disturb."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

for folder in ("engines", "loop", "git"):
    sys.path.append(str(Path(__file__).parents[1] / folder))

from coordinator import Coordinator, until  # noqa: E402  it needs the paths
from leftovers import end_processes  # noqa: E402  it needs the paths
from repository import Repository  # noqa: E402  it needs the paths
from served import Served, await_phase, serving  # noqa: E402  it needs the paths


@pytest.fixture(scope="session")
def open_one(tmp_path_factory: pytest.TempPathFactory, neug_python: Path) -> Iterator[Served]:
    """Everything is as declared there, and whoever asks is an admin."""
    folder = tmp_path_factory.mktemp("open")
    with serving(_written(folder), "--insecure-loopback") as served:
        until(served.ready, "it is ready")
        await_phase(served.client, "Graph/people", "Ready")
        yield served
    end_processes(folder)


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory, neug_python: Path) -> Iterator[Served]:
    """The same, and nobody is let in without a token."""
    folder = tmp_path_factory.mktemp("guarded")
    with serving(_written(folder)) as served:
        until(served.ready, "it is ready")
        with served.token("viewer", name="watcher") as watcher:
            await_phase(watcher, "Graph/people", "Ready")
        yield served
    end_processes(folder)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's own browser: none is brought along.

    No longer than a module: while it is driven a loop of asyncio runs in this very thread, and
    whoever comes next could not run one.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no chromium is here (on Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture
def written(tmp_path: Path, neug_python: Path) -> Iterator[Coordinator]:
    """A repository that nobody keeps yet."""
    yield _written(tmp_path)
    end_processes(tmp_path)


def _written(folder: Path) -> Coordinator:
    repository = Repository(folder / "kept")
    repository.path.mkdir()
    repository.write(rows=20)
    return Coordinator(repository)
