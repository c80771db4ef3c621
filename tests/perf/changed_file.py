"""A row more in one CSV of the Debian graph: what the plan says, and what it takes to get there.

`python -m tests.perf.changed_file [--full] [--times 3]`. Works on a copy of the example. With
--full the data of all packages is made first, on a machine that has Debian's index.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.perf.measuring import Run, gsctl, median_s, run, table

EXAMPLE = Path(__file__).parents[2] / "examples" / "debian-packages"


def repository(base: Path, *, full: bool) -> tuple[Path, str]:
    """A copy of the example to apply, and the folder of its data."""
    folder = base / "debian-packages"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".gsctl", "full"))
    project = folder / "gsctl.yaml"  # an owner of its own: the example may run on this machine
    project.write_text(project.read_text().replace("name: debian", "name: measured-debian", 1))
    if full:
        run([sys.executable, str(folder / "make_data.py"), "--full", "--out", "full"], folder)
    return folder, "full" if full else "data"


def measure(folder: Path, data: str, times: int) -> Iterator[tuple[str, list[Run]]]:
    words = ("--var", f"data={data}")
    yield "first apply", [run(gsctl(*words, "apply", "-y"), folder)]
    unchanged = [run(gsctl(*words, "plan"), folder) for _ in range(times)]
    assert all("No changes." in each.output for each in unchanged)
    yield "plan, nothing changed", unchanged
    plans, applies = [], []
    for _ in range(times):
        _one_row_more(folder / data / "depends.csv")
        plans.append(run(gsctl("--json", *words, "plan"), folder))
        _assert_one_reload(plans[-1])
        applies.append(run(gsctl(*words, "apply", "-y"), folder))
    yield "plan, depends.csv changed", plans
    yield "apply of that: one reload", applies


def _one_row_more(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.splitlines()[1] + "\n", encoding="utf-8")


def _assert_one_reload(planned: Run) -> None:
    """Exactly one row in the plan: the load, once."""
    plan = json.loads(planned.output)
    changes = [(c["address"], c["change"]["actions"]) for c in plan["resource_changes"]]
    pending = [change for change in changes if change[1] != ["no-op"]]
    assert pending == [("Load/packages", ["update"])], pending


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder, data = repository(Path(temporary), full=given.full)
        try:
            rows = [
                (name, f"{median_s(runs):.2f}", f"{max(r.own_mib for r in runs):.0f}")
                for name, runs in measure(folder, data, given.times)
            ]
        finally:
            words = ("--var", f"data={data}", "destroy", "-y", "--allow-deletes")
            run(gsctl(*words), folder)
        lines = sum(1 for path in (folder / data).glob("*.csv") for _ in path.open("rb"))
    print(f"{lines:,} lines of CSV\n")
    print(table(("command", "median s", "gsctl + checker MiB"), rows))


if __name__ == "__main__":
    main()
