"""Runs a command and measures it: wall time, and the peak memory of each part of gsctl.

A benchmark stays small itself: what a process held before it became another program counts into the
other's `ru_maxrss`.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self, TypeVar

T = TypeVar("T")
SAMPLE_S = 0.1  # peaks are high-water marks: only what the last sample missed is lost
MIB = 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a command took. Memory in MiB; the engine's is not gsctl's.

    `cpu_s` counts its children in that it waited for: on a machine that others use it is steadier.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    checker_mib: float
    engine_mib: float
    output: str

    @property
    def own_mib(self) -> float:
        """gsctl's peak plus its checker's: both at once at the worst moment of each."""
        return self.peak_mib + self.checker_mib


def gsctl(*words: str) -> list[str]:
    """The command as it is installed beside this Python, else as a module."""
    script = Path(sys.executable).with_name("gsctl")
    return [str(script), *words] if script.exists() else [sys.executable, "-m", "gsctl", *words]


def run(command: Sequence[str], folder: Path | None = None) -> Run:
    """Run `command` to its end. Raises RuntimeError with its last words when it fails."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as talk:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
            stdout=out, stderr=talk,
        )  # fmt: skip
        with _Watch(process.pid) as watch:
            _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output, said = _text(out), _text(talk)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{said[-2000:]}")
    # What the kernel kept is exact, but counts children in: right only where there were none.
    own = watch.peaks["own"] if len(watch.peaks) > 1 else usage.ru_maxrss
    cpu_s = usage.ru_utime + usage.ru_stime
    return Run(wall_s, cpu_s, own / MIB, watch.peaks.get("checker", 0) / MIB,
               watch.peaks.get("engine", 0) / MIB, output)  # fmt: skip


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def environment() -> Mapping[str, str]:
    """This environment without what would change what gsctl does; where engines come from stays.

    Python may keep compiled modules, as it does for people who said nothing about it.
    """
    kept = ("GSCTL_RUNTIMES", "GSCTL_WHEELS")
    ours = {k: v for k, v in os.environ.items()
            if k in kept or not k.startswith(("GSCTL_", "PYTHON"))}  # fmt: skip
    return {**ours, "COLUMNS": "80", "NO_COLOR": "1"}


class _Watch:
    """Samples the high-water marks of a process and its descendants, in KiB.

    Of a part that has several processes, such as one checker for each graph under way, those that
    live at one time are added up.
    """

    def __init__(self, pid: int) -> None:
        self.peaks: dict[str, int] = {}
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(SAMPLE_S):
            found: Counter[str] = Counter()
            for pid, part in self._parts():
                with contextlib.suppress(OSError, StopIteration):
                    found[part] += _high_water(pid)
            for part, size in found.items():
                self.peaks[part] = max(self.peaks.get(part, 0), size)

    def _parts(self) -> Iterator[tuple[int, str]]:
        yield self._pid, "own"
        for pid in _descendants(self._pid):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                yield pid, "checker" if b"reconciler.loads.worker" in words else "engine"


def _high_water(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def _descendants(pid: int) -> Iterator[int]:
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text().split()):
                yield child
                yield from _descendants(child)


def interleaved(times: int, measures: Mapping[str, Callable[[], T]]) -> dict[str, list[T]]:
    """Each measure `times` times, in turns (A B A B): a busy moment meets all of them alike."""
    found: dict[str, list[T]] = {name: [] for name in measures}
    for _ in range(times):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def median_s(runs: Sequence[Run]) -> float:
    """The median wall time in seconds."""
    return statistics.median(run.wall_s for run in runs)


def median_cpu_s(runs: Sequence[Run]) -> float:
    """The median of the seconds of processor time."""
    return statistics.median(run.cpu_s for run in runs)


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """The median of the ratios of runs that stood side by side."""
    return statistics.median(a / b for a, b in zip(first, second, strict=True))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table in Markdown, so that it can go into the page as it is."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
