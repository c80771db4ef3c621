"""Runs all benchmarks one after another: `python -m tests.perf [--quick]`.

Whole, it takes about half an hour on two cores, most of it in the other tool's first apply where
`tofu` is on PATH. `--quick` does everything small, in a minute or two: to see that it runs, not how fast.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

WHOLE = {
    "start": [],
    "noop_plan": [],
    "lint": [],
    "first_apply": [],
    "load": [],
    "growth": [],
    "changed_file": [],
    "one_change": [],
    "changes": [],
    "relay": [],
    "coordinator": [],
    "push": [],
}
QUICK = {
    "start": ["--times", "3"],
    "noop_plan": ["--things", "10", "100", "--times", "1"],
    "lint": ["--things", "10", "100", "--times", "1"],
    "first_apply": ["--graphs", "1", "10"],
    "load": ["--sizes", "10000x10000", "--times", "1"],
    "growth": ["--edges", "10000", "100000", "--times", "1"],
    "changed_file": ["--times", "1"],
    "one_change": ["--things", "100", "--times", "1"],
    "changes": ["--sizes", "1000x1000", "--times", "1"],
    "coordinator": ["--graphs", "10", "--idle", "5", "--looks", "1", "--times", "1"],
    "relay": ["--seconds", "0.3", "--times", "1", "--switches", "1", "--rows", "20000"],
    "push": ["--times", "1", "--rows", "20"],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    chosen = QUICK if parser.parse_args().quick else WHOLE
    failed = 0
    for name, words in chosen.items():
        print(f"\n## {name}\n", flush=True)
        command = [sys.executable, "-m", f"tests.perf.{name}", *words]
        failed += subprocess.run(command).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
