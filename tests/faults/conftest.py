"""Repositories whose faults are real: another's processes, mounts and marks, all undone at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "engines"))

from leftovers import end_processes
from town import Town, unmount


@pytest.fixture
def town(tmp_path: Path, neug_python: Path) -> Iterator[Town]:
    """A repository; whatever runs or is mounted below its folder ends with the test."""
    path = tmp_path / "town"
    path.mkdir()
    yield Town(path, python=neug_python)
    end_processes(tmp_path)
    unmount(tmp_path)


@pytest.fixture
def another(town: Town) -> Callable[..., Town]:
    """Further repositories beside it."""

    def make(folder: str, **options: str) -> Town:
        path = town.path.with_name(folder)
        path.mkdir()
        return Town(path, python=town.python, **options)

    return make
