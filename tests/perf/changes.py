"""Changes of a graph that is there: a dropped property, a changed type, and the way back.

`python -m tests.perf.changes [--sizes 10000x10000 1000000x1000000] [--times 3]`

- *drop* goes through a clone; beside it the engine alone opens the database, says the one ALTER, and
  checkpoints.
- *type* loads the type and the edges that touch it anew; beside it the engine's bare COPY of the same
  files into an empty database.
- *rollback* is the whole command, back to the copy before.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from reconciler import runtimes
from tests.perf import repositories
from tests.perf.load import Size, bare
from tests.perf.measuring import Run, gsctl, median_cpu_s, median_s, run, table

ALTER = """
import os, sys, logging, time
os.environ["GLOG_minloglevel"] = "3"; logging.disable(logging.INFO)
from neug import Database
begun = time.perf_counter()
db = Database(sys.argv[1], "rw"); c = db.connect()
c.execute("ALTER TABLE P DROP city"); c.execute("CHECKPOINT"); c.close(); db.close()
print(time.perf_counter() - begun)
"""
CITY = ", city: string}"
# Each of them new: a copy that is kept from before and fits is taken again, in no time.
TYPES = ("age: int32", "age: int64", "age: double", "age: string")


@dataclass(frozen=True, slots=True)
class Change:
    """One apply: its steps and the whole command, in seconds."""

    whole: Run
    steps_s: float


def change(folder: Path, old: str, new: str) -> Change:
    """Apply with one text of the documents replaced; it stays so."""
    path = folder / "gsctl.yaml"
    text = path.read_text()
    assert old in text, text
    path.write_text(text.replace(old, new, 1))
    done = run(gsctl("--json", "apply", "-y", "--allow-deletes"), folder)
    events = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    steps = [e["seconds"] for e in events if e["type"] == "step_finished"]
    assert steps, done.output[-2000:]
    return Change(done, sum(steps))


def alter(folder: Path) -> float:
    """The engine's own ALTER, in a graph of the same rows that gsctl does not look at again."""
    python = runtimes.ensure("neug", "0.3.0", "neug==0.3.0", print).python
    (database,) = folder.glob(".gsctl/default/default/main/.graphs/*/current")
    return float(run([str(python), "-c", ALTER, str(database)]).output.split()[-1])


def drops(base: Path, size: Size, times: int) -> tuple[list[float], list[Change]]:
    bare_s, ours = [], []
    for number in range(times):
        for kind in ("bare", "ours"):
            folder = base / f"drop-{kind}-{number}"
            repositories.one(folder, size.rows, size.links)
            run(gsctl("apply", "-y"), folder)
            if kind == "bare":
                bare_s.append(alter(folder))
            else:
                ours.append(change(folder, CITY, "}"))
    return bare_s, ours


def types(base: Path, size: Size, times: int) -> tuple[list[float], list[Change], list[Run]]:
    """One property through its types, each time followed by a rollback; beside bare COPY."""
    folder = base / "types"
    repositories.one(folder, size.rows, size.links)
    run(gsctl("apply", "-y"), folder)
    bare_s, ours, back = [], [], []
    for old, new in pairwise(TYPES[: times + 1]):
        bare_s.append(bare(folder).whole.wall_s)
        ours.append(change(folder, old, new))
        back.append(run(gsctl("rollback", "Graph/people", "-y"), folder))
        run(gsctl("unhold", "Graph/people"), folder)
        run(gsctl("apply", "-y"), folder)
    return bare_s, ours, back


def steps_s(found: Sequence[Change]) -> float:
    """The median of the seconds that the steps took."""
    return statistics.median(each.steps_s for each in found)


def measure(base: Path, size: Size, times: int) -> Sequence[tuple[object, ...]]:
    alone, dropped = drops(base, size, times)
    copied, changed, back = types(base, size, times)
    drop_runs, type_runs = [each.whole for each in dropped], [each.whole for each in changed]
    bare_alter, bare_copy = statistics.median(alone), statistics.median(copied)
    return (
        (size, "drop through a clone", f"{bare_alter:.2f}", f"{steps_s(dropped):.2f}",
         f"{steps_s(dropped) - bare_alter:+.2f} s", *whole(drop_runs)),
        (size, "type changed", f"{bare_copy:.2f}", f"{steps_s(changed):.2f}",
         f"{steps_s(changed) / bare_copy:.2f}x", *whole(type_runs)),
        (size, "rollback", "", "", "", *whole(back)),
    )  # fmt: skip


def whole(runs: Sequence[Run]) -> tuple[str, str]:
    """Of whole commands: the medians of the time and of the processor's."""
    return f"{median_s(runs):.2f}", f"{median_cpu_s(runs):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=Size.parse, nargs="+",
                        default=[Size(10_000, 10_000), Size(1_000_000, 1_000_000)])  # fmt: skip
    parser.add_argument("--times", type=int, default=3, choices=range(1, len(TYPES)))
    given = parser.parse_args()
    rows = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as temporary:
            rows += measure(Path(temporary), size, given.times)
    print(table(("vertices + edges", "change", "engine alone s", "steps s", "/ alone",
                 "whole command s", "CPU s"), rows))  # fmt: skip


if __name__ == "__main__":
    main()
