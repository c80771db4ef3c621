"""A repository that a coordinator keeps; whatever runs below it ends with the test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

for folder in ("engines", "planner"):
    sys.path.append(str(Path(__file__).parents[1] / folder))

from coordinator import Coordinator  # noqa: E402  it needs the paths
from leftovers import end_processes  # noqa: E402  it needs the paths
from repository import Repository  # noqa: E402  it needs the paths


@pytest.fixture
def kept(tmp_path: Path, neug_python: Path) -> Iterator[Coordinator]:
    """A served graph of people, written and not yet applied."""
    repository = Repository(tmp_path / "kept")
    repository.path.mkdir()
    repository.write(rows=20)
    yield Coordinator(repository)
    end_processes(tmp_path)
