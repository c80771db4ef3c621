"""A plan that finds nothing to do, on a real NeuG, beside OpenTofu's where `tofu` is on PATH.

`python -m tests.perf.noop_plan [--things 10 1000 10000] [--times 5]`. Tofu's things are as many
`terraform_data`. At 10,000 its first apply takes minutes; it is done once, below --keep if given.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from tests.perf import repositories
from tests.perf.measuring import Run, gsctl, interleaved, median_cpu_s, median_s, ratio, run, table

NOTHING = "No changes."


def prepare_ours(folder: Path, things: int) -> None:
    """Apply `things` things, once."""
    if (folder / ".gsctl").exists():
        return
    repositories.many(folder, things // repositories.THINGS)
    run(gsctl("apply", "-y"), folder)


def prepare_tofu(folder: Path, things: int) -> None:
    """Apply as many of tofu's, once. Its apply grows with the square."""
    if (folder / "terraform.tfstate").exists():
        return
    repositories.terraform(folder, things)
    run(["tofu", "init"], folder)
    run(["tofu", "apply", "-auto-approve"], folder)


def plan(command: list[str], folder: Path) -> Run:
    done = run(command, folder)
    assert NOTHING in done.output, done.output[-500:]
    return done


def measure(base: Path, things: int, times: int) -> list[tuple[object, ...]]:
    ours, theirs = base / f"gsctl-{things}", base / f"tofu-{things}"
    prepare_ours(ours, things)
    measures = {"gsctl": lambda: plan(gsctl("plan"), ours)}
    if shutil.which("tofu"):
        prepare_tofu(theirs, things)
        measures["tofu"] = lambda: plan(["tofu", "plan", "-no-color"], theirs)
    runs = interleaved(times, measures)
    rows: list[tuple[object, ...]] = [
        (
            f"{things:,}",
            name,
            f"{median_s(found):.2f}",
            f"{median_cpu_s(found):.2f}",
            f"{max(r.peak_mib for r in found):.0f}",
        )
        for name, found in runs.items()
    ]
    if "tofu" in runs:
        picks = (lambda r: r.wall_s, lambda r: r.cpu_s, lambda r: r.peak_mib)
        ratios = [
            ratio([pick(r) for r in runs["gsctl"]], [pick(r) for r in runs["tofu"]])
            for pick in picks
        ]
        rows.append((f"{things:,}", "gsctl / tofu", *(f"{each:.2f}x" for each in ratios)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--things", type=int, nargs="+", default=[10, 1000, 10000])
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder for what was applied, used again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        base = (given.keep or Path(temporary)).absolute()
        rows = [row for n in given.things for row in measure(base, n, given.times)]
    print(table(("things", "tool", "median s", "CPU s", "peak MiB"), rows))


if __name__ == "__main__":
    main()
