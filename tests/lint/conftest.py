"""An empty folder, and gsctl in it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from gsctl.__main__ import main

Gsctl = Callable[..., tuple[int, str, str]]


@pytest.fixture
def gsctl(tmp_path: Path) -> Gsctl:
    """Runs a command line in the folder, in this process; exit code, data, talk."""

    def run(*words: str) -> tuple[int, str, str]:
        out, talk = io.StringIO(), io.StringIO()
        with (contextlib.chdir(tmp_path), contextlib.redirect_stdout(out),
              contextlib.redirect_stderr(talk)):  # fmt: skip
            code = main(words)
        return code, out.getvalue(), talk.getvalue()

    return run
