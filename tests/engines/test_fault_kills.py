"""kill -9 of an apply before any of the things it does to the world, by seed.

Whatever the moment, one whole copy answers, the next apply finishes and proves that nothing is left
to do, no half-made copy stays, and the disk holds no more than what answers and what is kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from repository import Repository

PROGRAM = Path(__file__).with_name("kill_rounds.py")
ROUNDS = int(os.environ.get("GSCTL_TEST_KILLS", "100"))


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("mode", "seed"), [("served", 1), ("embedded", 2)])
def test_a_kill_before_any_doing_leaves_a_whole_graph_and_no_litter(
    mode: str, seed: int, people: Repository
) -> None:
    words = [str(people.path), mode, str(seed), str(ROUNDS)]
    done = subprocess.run([sys.executable, str(PROGRAM), *words], capture_output=True, text=True,
                          check=False)  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, f"after {told[-1:]}: {done.stderr[-3000:]}"
    assert len(told) == ROUNDS
    assert sum(each["lost"] for each in told) > 0
