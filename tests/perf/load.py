"""A load through gsctl, every row checked, beside the engine's own COPY of the same files.

`python -m tests.perf.load [--sizes 1000000x1000000 1000000x10000000] [--times 3]`

The bare run is the engine's own Python in the runtime that gsctl uses: CREATE, COPY, CHECKPOINT.
gsctl's time is that of its steps that load, taken from its events, and that of the whole
`gsctl apply`: reading, hashing, planning, building, checking, loading, verifying, switching, and
looking again. Memory is that of gsctl and its checker; the engine's is shown beside.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler import runtimes
from tests.perf import repositories
from tests.perf.measuring import Run, gsctl, interleaved, ratio, run, table

BARE = """
import os, sys, logging
os.environ["GLOG_minloglevel"] = "3"; logging.disable(logging.INFO)
from neug import Database
path, folder = sys.argv[1:]
db = Database(path, "rw"); c = db.connect()
c.execute("CREATE NODE TABLE P(id INT64, name STRING, age INT32, score DOUBLE, city STRING,"
          " PRIMARY KEY(id))")
c.execute("CREATE REL TABLE K(FROM P TO P, since DATE, weight DOUBLE)")
how = 'header=true, delim=",", auto_detect=false, escaping=false'
c.execute(f'COPY P FROM "{folder}/persons.csv" ({how})')
c.execute(f'COPY K FROM "{folder}/knows.csv" ({how}, from="P", to="P")')
c.execute("CHECKPOINT"); c.close(); db.close()
"""


@dataclass(frozen=True, slots=True)
class Load:
    """One load. `steps_s` are the seconds of the steps that load, in the order of the plan."""

    whole: Run
    steps_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Size:
    """How much is loaded."""

    rows: int
    links: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Of `ROWSxLINKS`."""
        rows, _, links = text.partition("x")
        return cls(int(rows), int(links))

    def __str__(self) -> str:
        return f"{self.rows:,} + {self.links:,}"


@dataclass(frozen=True, slots=True)
class Measured:
    """All runs of one size, side by side."""

    size: Size
    file_mib: float
    bare: Sequence[Load]
    ours: Sequence[Load]

    def bare_s(self) -> float:
        return statistics.median(each.whole.wall_s for each in self.bare)

    def steps_s(self) -> float:
        return statistics.median(each.steps_s for each in self.ours)

    def whole_s(self) -> float:
        return statistics.median(each.whole.wall_s for each in self.ours)

    def steps_ratio(self) -> float:
        return ratio([o.steps_s for o in self.ours], [b.whole.wall_s for b in self.bare])

    def whole_ratio(self) -> float:
        return ratio([o.whole.wall_s for o in self.ours], [b.whole.wall_s for b in self.bare])

    def cpu(self) -> str:
        """Processor seconds of both, children included: an idle core hides none of the check."""
        bare, ours = (
            statistics.median(each.whole.cpu_s for each in runs) for runs in (self.bare, self.ours)
        )
        return f"{bare:.1f} / {ours:.1f}"


def bare(folder: Path) -> Load:
    python = runtimes.ensure("neug", "0.3.0", "neug==0.3.0", print).python
    with tempfile.TemporaryDirectory(dir=folder) as place:
        return Load(run([str(python), "-c", BARE, f"{place}/db", str(folder / "data")]))


def ours(folder: Path) -> Load:
    """From nothing: no copy, and no digest is known from before."""
    shutil.rmtree(folder / ".gsctl", ignore_errors=True)
    done = run(gsctl("--json", "apply", "-y"), folder)
    events = [json.loads(line) for line in done.output.splitlines() if line.startswith("{")]
    steps = [e for e in events if e["type"] == "step_finished" and " FillType " in e["step"]]
    assert len(steps) == 2, done.output[-2000:]
    shutil.rmtree(folder / ".gsctl")
    return Load(done, sum(each["seconds"] for each in steps))


def measure(base: Path, size: Size, times: int) -> Measured:
    folder = base / f"load-{size.rows}-{size.links}"
    repositories.one(folder, size.rows, size.links)
    runs = interleaved(times, {"bare": lambda: bare(folder), "ours": lambda: ours(folder)})
    bytes_ = sum(path.stat().st_size for path in (folder / "data").iterdir())
    return Measured(size, bytes_ / 2**20, runs["bare"], runs["ours"])


def row(found: Measured) -> tuple[object, ...]:
    gsctl_mib, checker_mib = (
        max(pick(each.whole) for each in found.ours)
        for pick in (lambda r: r.peak_mib, lambda r: r.checker_mib)
    )
    engine_mib = max(each.whole.engine_mib for each in found.ours)
    return (
        f"{found.size} ({found.file_mib:.0f} MiB)", f"{found.bare_s():.1f}",
        f"{found.steps_s():.1f}", f"{found.steps_ratio():.2f}x",
        f"{found.whole_s():.1f}", f"{found.whole_ratio():.2f}x", found.cpu(),
        f"{gsctl_mib:.0f} + {checker_mib:.0f}", f"{engine_mib:.0f}",
    )  # fmt: skip


HEAD = ("vertices + edges", "bare s", "load steps s", "/ bare", "whole apply s", "/ bare", "CPU s bare / apply",
        "gsctl + checker MiB", "engine MiB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=Size.parse, nargs="+",
                        default=[Size(1_000_000, 1_000_000), Size(1_000_000, 10_000_000)])  # fmt: skip
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder for the files, used again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = (given.keep or Path(temporary)).absolute()
        rows = [row(measure(base, size, given.times)) for size in given.sizes]
    print(table(HEAD, rows))


if __name__ == "__main__":
    main()
