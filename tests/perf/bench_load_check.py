"""Times a check of data alone, bare NeuG COPY, and both side by side, with the checker's memory.

`GSCTL_TEST_NEUG_PYTHON=… python -m tests.perf.bench_load_check FOLDER [--strings] [--times 3]`
where FOLDER was written by `tests.perf.data`. Prints one line a run.
"""

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from reconciler.loads.check import EdgeEnds, TypeCheck, plan_copy
from reconciler.loads.checker import Checker
from reconciler.model.loading import Column, DataFile, LoadOptions, TypeLoad, TypeSource

COPY = """
import os, sys, logging
os.environ["GLOG_minloglevel"] = "3"; logging.disable(logging.INFO)
from neug import Database
path, folder, key = sys.argv[1:]
db = Database(path, "rw"); c = db.connect(); c.begin_transaction()
c.execute(f"CREATE NODE TABLE P(id {key}, name STRING, age INT32, score DOUBLE, city STRING, PRIMARY KEY(id))")
c.execute("CREATE REL TABLE K(FROM P TO P, since DATE, weight DOUBLE)")
how = 'header=true, delim=",", auto_detect=false, escaping=false'
c.execute(f'COPY P FROM "{folder}/persons.csv" ({how})')
c.execute(f'COPY K FROM "{folder}/knows.csv" ({how}, from="P", to="P")')
c.commit(); c.close(); db.close()
"""


def _file(path: Path) -> DataFile:
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return DataFile(path.name, path.stat().st_size, digest, str(path))


def checks(folder: Path, key: str) -> list[TypeCheck]:
    person = {"id": key, "name": "string", "age": "int32", "score": "double", "city": "string"}
    columns = {name: Column(name, i) for i, name in enumerate(person)}
    vertices = TypeSource((_file(folder / "persons.csv"),), 5, columns)
    link = {"since": "date", "weight": "double"}
    columns = {name: Column(name, i + 2) for i, name in enumerate(link)}
    ends = (Column("source", 0), Column("target", 1))
    edges = TypeSource((_file(folder / "knows.csv"),), 4, columns, ("P", "P"), ends)
    return [
        TypeCheck("P", "vertex", person, tuple(person), TypeLoad("P", "vertex", (vertices,)),
                  LoadOptions(), key="id"),
        TypeCheck("K", "edge", link, tuple(link), TypeLoad("K", "edge", (edges,)), LoadOptions(),
                  ends=(EdgeEnds(("P", "P"), key, key),)),
    ]  # fmt: skip


def _check(wanted: list[TypeCheck]) -> tuple[float, int, list[int]]:
    """Seconds, the worker's peak in KiB, rows."""
    start = time.perf_counter()
    with Checker() as checker:
        reports = [f.result() for f in [checker.submit(check) for check in wanted]]
        seconds = time.perf_counter() - start
        status = Path(f"/proc/{checker.pid}/status").read_text()
    assert not any(report.faults for report in reports)
    peak = next(int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line)
    return seconds, peak, [report.rows for report in reports]


def _copy(folder: Path, key: str) -> float:
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        python = os.environ["GSCTL_TEST_NEUG_PYTHON"]
        engine = "STRING" if key == "string" else "INT64"
        subprocess.run([python, "-c", COPY, f"{place}/db", str(folder), engine], check=True)
        return time.perf_counter() - start


def _beside(folder: Path, key: str, wanted: list[TypeCheck]) -> float:
    start = time.perf_counter()
    thread = threading.Thread(target=_check, args=(wanted,))
    thread.start()
    _copy(folder, key)
    thread.join()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--strings", action="store_true")
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args()
    key = "string" if given.strings else "int64"
    wanted = checks(given.folder, key)
    assert all(plan_copy(check) for check in wanted)
    ratios = []
    for _ in range(given.times):
        alone, peak, rows = _check(wanted)
        bare, beside = _copy(given.folder, key), _beside(given.folder, key, wanted)
        ratios.append(beside / bare)
        print(f"rows {rows}  check {alone:.2f} s  peak {peak // 1024} MiB  bare COPY {bare:.2f} s"
              f"  beside {beside:.2f} s  ratio {beside / bare:.2f}")  # fmt: skip
    print(f"median ratio {statistics.median(ratios):.2f}", file=sys.stderr)


if __name__ == "__main__":
    main()
