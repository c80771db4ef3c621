"""Copies of the examples, each a world of its own that is destroyed at the end."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
Gsctl = Callable[..., subprocess.CompletedProcess[str]]


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


def run(folder: Path, *words: str, command: str = "") -> subprocess.CompletedProcess[str]:
    """`gsctl` with these words in a folder; or a line for the shell, with gsctl on its PATH."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GSCTL_") or k in KEPT}
    environ |= {"COLUMNS": "80", "NO_COLOR": "1"}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    argv = ["sh", "-c", command] if command else [sys.executable, "-m", "gsctl", *words]
    return subprocess.run(argv, cwd=folder, env=environ, text=True, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip


KEPT = ("GSCTL_RUNTIMES", "GSCTL_WHEELS")
