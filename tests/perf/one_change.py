"""A plan with one change among many things, beside the plan that finds nothing to do.

`python -m tests.perf.one_change [--things 1000 10000] [--times 5]`. The change is one word in the
text of one procedure.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.perf import repositories
from tests.perf.measuring import Run, gsctl, interleaved, median_cpu_s, median_s, ratio, run, table


def nothing(folder: Path) -> Run:
    done = run(gsctl("plan"), folder)
    assert "No changes." in done.output, done.output[-500:]
    return done


def one(folder: Path) -> Run:
    """Plan with a procedure changed; afterwards it is as it was."""
    path = folder / "graphs/g0.yaml"
    text = path.read_text()
    path.write_text(text.replace("WHERE q.age > 0", "WHERE q.age > 90", 1))
    try:
        done = run(gsctl("plan"), folder)
    finally:
        path.write_text(text)
    assert "Plan: 0 to add, 1 to change" in done.output, done.output[-500:]
    return done


def measure(folder: Path, things: int, times: int) -> tuple[object, ...]:
    repositories.many(folder, things // repositories.THINGS)
    run(gsctl("apply", "-y"), folder)
    runs = interleaved(times, {"no-op": lambda: nothing(folder), "one": lambda: one(folder)})
    wall = ratio([r.wall_s for r in runs["one"]], [r.wall_s for r in runs["no-op"]])
    cpu = ratio([r.cpu_s for r in runs["one"]], [r.cpu_s for r in runs["no-op"]])
    return (f"{things:,}", f"{median_s(runs['no-op']):.2f}", f"{median_s(runs['one']):.2f}",
            f"{wall:.2f}x", f"{median_cpu_s(runs['one']):.2f}", f"{cpu:.2f}x")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--things", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        rows = [measure(Path(temporary) / str(n), n, given.times) for n in given.things]
    print(table(("things", "no-op s", "one change s", "/ no-op", "CPU s", "/ no-op CPU"), rows))


if __name__ == "__main__":
    main()
