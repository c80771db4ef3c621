"""Drives the worker that checks loads: one process, bounded, that may be killed at any time."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from reconciler import processes
from reconciler.loads.check import TypeCheck, TypeReport
from reconciler.loads.wire import dump, plain_check, read_report

Progress = Callable[[str, int, float], None]  # type, rows so far, fraction
MEMORY_LIMIT = "192MB"  # DuckDB's own; the process stays below about 330 MB


class CheckerDied(RuntimeError):
    """The worker ended before it answered: killed, out of memory, or a bug of ours."""


class Checker:
    """A running worker. Checks are answered in the order they were submitted.

    Staged files lie below `folder` until the caller removes them; a temporary folder, made when
    none is given, goes when the checker is closed, with everything in it.
    """

    def __init__(
        self,
        folder: Path | None = None,
        memory_limit: str = MEMORY_LIMIT,
        progress: Progress | None = None,
    ) -> None:
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="gsctl-check-")
        self.folder = Path(self._temporary.name) if self._temporary else folder or Path()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._progress = progress
        self._waiting: deque[Future[TypeReport]] = deque()
        self._lock = threading.Lock()
        self._dead = False
        self._log = (self.folder / "worker.log").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reconciler.loads.worker", str(self.folder), memory_limit],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
            start_new_session=True,  # Ctrl-C at a terminal lets the step that runs be finished
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, name="load-check", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    @property
    def stopped(self) -> bool:
        """Whether a signal keeps it from going on."""
        process = processes.find(self.pid)
        return process is not None and process.state == "stopped"

    def listen(self, progress: Progress | None) -> None:
        """Let `progress` be told from now on, from a thread of the checker's."""
        self._progress = progress

    def submit(self, check: TypeCheck) -> Future[TypeReport]:
        """Ask for a check; vertex types before the edges that touch them. Never blocks for long.

        The future raises CheckerDied when the worker ends before it answers, and RuntimeError
        with the worker's own words when a check failed for a reason that is no fault in the files.
        """
        future: Future[TypeReport] = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._dead:
                future.set_exception(self._death())
                return future
            self._waiting.append(future)
            # When it just died, its reader fails whatever waits.
            with contextlib.suppress(OSError):
                self._input.write(dump(plain_check(check)))
                self._input.flush()
        return future

    def forget(self) -> bool:
        """Make ready for another graph: no keys, no staged files. False when it cannot be."""
        with self._lock:
            if self._dead or self._waiting:
                return False
            try:
                self._input.write(dump({"forget": True}))
                self._input.flush()
            except OSError:
                return False
        for path in self.folder.iterdir():
            if path.suffix == ".csv":
                path.unlink(missing_ok=True)
        return True

    def kill(self) -> None:
        """End the worker at once; what waits gets CheckerDied."""
        self._process.kill()
        self._reader.join()

    def close(self) -> None:
        """End the worker, whatever it does, and remove the temporary folder."""
        self.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe:
                _close(pipe)
        if self._temporary:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _input(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.endswith(b"\n"):
                break  # cut off by its death
            self._answer(json.loads(line))
        self._process.wait()
        with self._lock:
            self._dead = True
            while self._waiting:
                self._waiting.popleft().set_exception(self._death())

    def _answer(self, message: dict[str, object]) -> None:
        match message:
            case {"progress": [str(type_), int(rows), float(fraction)]}:
                if self._progress:
                    self._progress(type_, rows, fraction)
            case {"report": dict(report)}:
                self._next().set_result(read_report(report))
            case {"error": str(words)}:
                self._next().set_exception(RuntimeError(f"the check of a load failed: {words}"))

    def _next(self) -> Future[TypeReport]:
        with self._lock:
            return self._waiting.popleft()

    def _death(self) -> CheckerDied:
        code = self._process.returncode
        how = f"by signal {-code}" if code and code < 0 else f"with exit code {code}"
        return CheckerDied(f"the checker of loads ended {how}; see {self.folder / 'worker.log'}")


def _close(pipe: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):  # what was not yet sent has no reader any more
        pipe.close()
