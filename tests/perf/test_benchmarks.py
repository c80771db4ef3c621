"""Each benchmark can be started: what it measures is not asked here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_benchmark_can_be_imported() -> None:
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py"))
    program = [f"import tests.perf.{name}" for name in names if not name.startswith(("_", "test_"))]
    ran = subprocess.run([sys.executable, "-c", "\n".join(program)], cwd=ROOT, text=True,
                         capture_output=True, timeout=120)  # fmt: skip
    assert ran.returncode == 0, ran.stderr
