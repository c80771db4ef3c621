"""Copies of the examples, each a world of its own that is destroyed at the end."""

from __future__ import annotations

import re
import secrets
import shutil
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from copies import EXAMPLES, run


@pytest.fixture
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A copy of the example that a test names, under an id of its own."""
    name = request.param
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".gsctl", "full"))
    project = folder / "gsctl.yaml"
    # Another id is another project: one that runs on this machine already is not disturbed.
    other = "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
    text = re.sub(r"\bid: [a-z]{8}\b", f"id: {other}", project.read_text("utf-8"), count=1)
    project.write_text(text, "utf-8")
    yield folder
    left = run(folder, "destroy", "-y", "--allow-deletes")
    assert left.returncode == 0, f"servers may be left running: {left.stderr}"
