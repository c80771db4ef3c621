"""Where the examples are, and how a test runs gsctl in a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from warm import gsctl

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def run(folder: Path, *words: str, command: str = "") -> subprocess.CompletedProcess[str]:
    """`gsctl` with these words in a folder; or a line for the shell, with gsctl on its PATH."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GSCTL_") or k in KEPT}
    environ |= {"COLUMNS": "80", "NO_COLOR": "1"}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    if not command:
        return gsctl(*words, cwd=folder, env=environ)
    return subprocess.run(["sh", "-c", command], cwd=folder, env=environ, text=True, check=False,
                          capture_output=True, stdin=subprocess.DEVNULL)  # fmt: skip


KEPT = ("GSCTL_RUNTIMES", "GSCTL_WHEELS")
