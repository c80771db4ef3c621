"""Somebody who is told: a real receiver over HTTP; and a repository that a coordinator keeps."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

for folder in ("engines", "loop", "planner"):
    sys.path.append(str(Path(__file__).parents[1] / folder))

from coordinator import Coordinator  # noqa: E402  it needs the paths
from leftovers import end_processes  # noqa: E402  it needs the paths
from listener import Listener, listening  # noqa: E402  it needs the paths
from repository import Repository  # noqa: E402  it needs the paths


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A receiver that takes everything, until it is told to answer otherwise."""
    with listening() as found:
        yield found


@pytest.fixture
def kept(tmp_path: Path, neug_python: Path) -> Iterator[Coordinator]:
    """A served graph of people, written and not yet applied."""
    repository = Repository(tmp_path / "kept")
    repository.path.mkdir()
    repository.write(rows=20)
    yield Coordinator(repository)
    end_processes(tmp_path)
