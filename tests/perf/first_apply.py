"""The first apply, ten times as many things at a time: it must grow with the things, not faster.

`python -m tests.perf.first_apply [--graphs 10 100 1000] [--times 1]`. A graph is ten things.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from tests.perf import repositories
from tests.perf.measuring import Run, gsctl, interleaved, run, table


def apply(graphs: int) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        repositories.many(Path(folder), graphs)
        return run(gsctl("apply", "-y"), Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--times", type=int, default=1)
    given = parser.parse_args()
    apply(1)  # the engine's runtime, where there is none
    runs = interleaved(given.times, {str(n): lambda n=n: apply(n) for n in given.graphs})
    rows, before = [], 0.0
    for graphs in given.graphs:
        found = runs[str(graphs)]
        wall_s = statistics.median(each.wall_s for each in found)
        rows.append((f"{graphs:,}", f"{graphs * repositories.THINGS:,}", f"{wall_s:.1f}",
                     f"{wall_s / graphs * 1000:.0f}", f"{wall_s / before:.1f}x" if before else "",
                     f"{max(each.peak_mib for each in found):.0f}",
                     f"{max(each.checker_mib for each in found):.0f}"))  # fmt: skip
        before = wall_s
    print(table(
        ("graphs", "things", "s", "ms a graph", "of the row above", "gsctl MiB", "checkers MiB"), rows
    ))  # fmt: skip


if __name__ == "__main__":
    main()
