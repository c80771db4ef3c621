"""A repository to apply, destroyed afterwards whatever happened."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from repository import Repository


@pytest.fixture
def people(tmp_path: Path, neug_python: Path) -> Iterator[Repository]:
    repository = Repository(tmp_path)
    yield repository
    for process in psutil.process_iter():
        try:
            if str(tmp_path) in " ".join(process.cmdline()) and process.pid != os.getpid():
                process.send_signal(signal.SIGKILL)
        except psutil.Error:
            continue
