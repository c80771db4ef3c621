"""A repository to apply, destroyed afterwards whatever happened."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from leftovers import end_processes
from repository import Repository


@pytest.fixture
def engine() -> str:
    """The engine of `people`: NeuG, where a test is not parametrised with others."""
    return "neug"


@pytest.fixture
def people(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Iterator[Repository]:
    request.getfixturevalue(f"{engine}_python")
    repository = Repository(tmp_path, engine=engine)
    yield repository
    end_processes(tmp_path)
