"""How long gsctl takes to say its version, beside Python importing typer: the floor it stands on.

`python -m tests.perf.start [--times 11]`
"""

from __future__ import annotations

import argparse
import sys

from tests.perf.measuring import gsctl, interleaved, median_cpu_s, median_s, ratio, run, table

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    'python -c "import typer"': [sys.executable, "-c", "import typer"],
    "gsctl --version": gsctl("--version"),
    "gsctl --help": gsctl("--help"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=11)
    times = parser.parse_args().times
    for command in COMMANDS.values():
        run(command)  # so that all have their compiled modules
    runs = interleaved(times, {n: lambda c=c: run(c) for n, c in COMMANDS.items()})
    typer = [each.wall_s for each in runs['python -c "import typer"']]
    print(table(
        ("command", "median ms", "CPU ms", "imports of typer"),
        [(f"`{name}`", f"{median_s(found) * 1000:.0f}",
          f"{median_cpu_s(found) * 1000:.0f}",
          f"{ratio([each.wall_s for each in found], typer):.2f}")
         for name, found in runs.items()],
    ))  # fmt: skip


if __name__ == "__main__":
    main()
