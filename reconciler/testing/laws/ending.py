"""Ending: a run that is over leaves no process, no lock and no file of its own behind."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.testing.bench import GRAPH, Bench
from reconciler.testing.law import law
from reconciler.testing.samples import town, wish
from reconciler.testing.sheets import same


@law
def a_closed_driver_leaves_nothing_running(bench: Bench) -> None:
    """A process that is left by every run fills the machine in a day."""
    with _temporary(bench) as folder:
        bench.apply(wish(bench, town(bench.traits)))
        bench.rows()
        bench.driver.count(bench.graph())
        bench.driver.close()
        left = bench.substrate.helpers()
        assert not left, f"processes are left: {left}"
        assert not _opened(bench.place), f"files are left open: {_opened(bench.place)}"
        assert not _locked(bench.place), f"locks are left: {_locked(bench.place)}"
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        assert not files, f"temporary files are left: {files}"


@law
def a_failed_run_leaves_nothing_running_either(bench: Bench) -> None:
    """Failing is when nobody looks after what was started."""
    with _temporary(bench) as folder:
        bench.apply(wish(bench, town(bench.traits)))
        bad = town(bench.traits, version=2)
        steps = bench.steps(wish(bench, bad))
        for path in bench.folder.glob("data-*/*.csv"):
            path.unlink()
        bench.refused(steps)
        bench.driver.close()
        assert not bench.substrate.helpers(), "processes are left"
        assert not _opened(bench.place), f"files are left open: {_opened(bench.place)}"
        assert not _locked(bench.place), f"locks are left: {_locked(bench.place)}"
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        assert not files, f"temporary files are left: {files}"


@law
def a_session_that_is_left_lets_others_in(bench: Bench) -> None:
    """After each graph its database is let go: users open it, and the next step may."""
    of = town(bench.traits)
    steps = bench.steps(wish(bench, of))
    for step in steps:
        driver = bench.another()
        list(driver.execute(step))
        driver.leave(step.session)
        held = [path for path in _locked(bench.place) if not bench.substrate.units()]
        assert not held, f"{step.id} was left, and locks are left: {held}"
    assert bench.graph(GRAPH).serving, "steps of several runs did not make a graph"
    same(bench.rows(), of.rows)


@law
def closing_twice_is_closing_once(bench: Bench) -> None:
    """Whoever is interrupted while closing closes again."""
    bench.apply(wish(bench, town(bench.traits)))
    driver = bench.another()
    driver.leave(GRAPH)
    driver.close()
    driver.close()
    bench.driver.close()
    bench.driver.close()


@contextmanager
def _temporary(bench: Bench) -> Iterator[Path]:
    """A folder that all temporary files go to meanwhile."""
    with bench.scratch("tmp") as folder:
        before, tempfile.tempdir = tempfile.tempdir, str(folder)
        told, os.environ["TMPDIR"] = os.environ.get("TMPDIR"), str(folder)
        try:
            yield folder
        finally:
            tempfile.tempdir = before
            os.environ.pop("TMPDIR")
            if told is not None:
                os.environ["TMPDIR"] = told


def _opened(place: Path) -> list[str]:
    """Files below `place` that this process has open."""
    links = list(Path("/proc/self/fd").iterdir())  # one of them is that of this very listing
    found = [str(link.readlink()) for link in links if link.is_symlink()]
    return sorted(path for path in found if path.startswith(str(place)))


def _locked(place: Path) -> list[str]:
    """Files below `place` that some process of ours, which is no server, has locked."""
    inodes = {path.stat().st_ino: path for path in place.rglob("*") if path.is_file()}
    lines = Path("/proc/locks").read_text().splitlines()
    told = [line.split() for line in lines if "->" not in line]
    return sorted(
        str(inodes[inode].relative_to(place))
        for fields in told
        if (inode := int(fields[5].rpartition(":")[2])) in inodes and _is_ours(int(fields[4]))
    )


def _is_ours(pid: int) -> bool:
    """Whether a process is this one or was started by it, and is no unit."""
    try:
        return pid == os.getpid() or b"GSCTL_UNIT=" not in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
