"""An empty folder, with the real program in it."""

from __future__ import annotations

import pytest
from program import Program, Ran


@pytest.fixture
def here(tmp_path):
    """An empty folder, and the commands that run in it, in this process."""

    def run(*words: str) -> Ran:
        return program.quick(*words)

    program = Program(tmp_path)
    run.home = tmp_path
    return run
