"""Lint of many things, offline: how it grows, and what of it is more than reading the documents.

`python -m tests.perf.lint [--things 1000 10000] [--times 5]`. A tenth of the things are graphs, with a
load and eight procedures each; one in a hundred has a finding. `first` is without anything that an
earlier run kept; `base` also reads and compares as many documents of a revision of git.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.perf import repositories
from tests.perf.measuring import Run, gsctl, interleaved, median_cpu_s, median_s, ratio, run, table

TESTS = "  tests: [{call: {name: 1}, rows: {min: 0}}]\n"
CLEAN = (
    ("MATCH (p:Person {name: $name})-[:KNOWS]->(q:Person)", "MATCH (p:Person {id: $name})"),
    ("{name: string}", "{name: int64}"),
    ("RETURN q.name AS name ORDER BY name\n", f"RETURN p.name AS name\n{TESTS}"),
    ("WHERE q.age", "WHERE p.age"),
    ("  edges:\n    KNOWS: {from: Person, to: Person, properties: {since: int32}}\n", ""),
)


def write(folder: Path, things: int) -> None:
    """A repository that is clean but for one graph in a hundred, which keeps nothing to go back to."""
    repositories.many(folder, things // repositories.THINGS)
    for number, path in enumerate(sorted((folder / "graphs").iterdir())):
        text = path.read_text("utf-8")
        for old, new in CLEAN:
            text = text.replace(old, new)
        if number % 100 == 0:
            text = text.replace("  engine: main\n", "  engine: main\n  keepPrevious: 0s\n", 1)
        path.write_text(text, "utf-8")
    (folder / ".gsctl").mkdir()  # where digests are kept
    for words in (["init", "-q"], ["add", "."],
                  ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all"]):  # fmt: skip
        subprocess.run(["git", *words], cwd=folder, check=True)


def lint(folder: Path, things: int, *words: str) -> Run:
    done = run(gsctl("lint", "--json", *words), folder)
    found = json.loads(done.output)["summary"]
    assert found == {"SV102": -(-things // repositories.THINGS // 100)}, found
    return done


def first(folder: Path, things: int) -> Run:
    shutil.rmtree(folder / ".gsctl", ignore_errors=True)
    return lint(folder, things)


def measure(folder: Path, things: int, times: int) -> list[tuple[object, ...]]:
    write(folder, things)
    runs = interleaved(times, {
        "validate": lambda: run(gsctl("validate"), folder),
        "lint": lambda: lint(folder, things),
        "lint, first": lambda: first(folder, things),
        "lint --base": lambda: lint(folder, things, "--base", "HEAD"),
    })  # fmt: skip
    return [
        (
            f"{things:,}",
            name,
            f"{median_s(found):.2f}",
            f"{median_cpu_s(found):.2f}",
            f"{max(each.peak_mib for each in found):.0f}",
            f"{ratio([r.cpu_s for r in found], [r.cpu_s for r in runs['validate']]):.2f}x",
        )
        for name, found in runs.items()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--things", type=int, nargs="+", default=[1000, 10000])
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        rows = [
            row for n in given.things for row in measure(Path(temporary) / str(n), n, given.times)
        ]
    print(table(("things", "command", "median s", "CPU s", "peak MiB", "CPU / validate"), rows))


if __name__ == "__main__":
    main()
