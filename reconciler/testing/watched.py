"""The local substrate, watched: who was started, and a server that is kept from coming up."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable

from reconciler import processes
from reconciler.model.key import Owner
from reconciler.model.unit import Unit, UnitSpec
from reconciler.root import Root
from reconciler.substrates.local import LocalSubstrate

_GONE_S = 10.0


class Watched(LocalSubstrate):
    """Real processes. A copy in `refused` is started, never ready, and ended, as a bad one is."""

    def __init__(self, root: Root, owner: Owner) -> None:
        super().__init__(root, owner)
        self.refused: set[str] = set()
        self.started: list[str] = []  # the copies that servers were started for
        self.stopped: list[str] = []
        self._before = frozenset(_children())

    def start(self, spec: UnitSpec, ready: Callable[[], bool], deadline_s: float) -> Unit:
        """As the real one, but for copies that must not come up."""
        self.started.append(spec.mark.copy)
        if spec.mark.copy in self.refused:
            return super().start(spec, lambda: False, 0.2)
        return super().start(spec, ready, deadline_s)

    def stop(self, unit: Unit, grace_s: float) -> None:
        """As the real one."""
        self.stopped.append(unit.copy)
        super().stop(unit, grace_s)

    def helpers(self) -> list[int]:
        """The processes that drivers started for themselves: children that are no units."""
        units = {pid_of(unit) for unit in self.units()}
        return [pid for pid in _children() if pid not in units | self._before]

    def kill_helpers(self) -> None:
        """End all of them at once, and wait until they are gone."""
        pids = self.helpers()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await_end(pids)

    def send(self, unit: Unit, number: signal.Signals) -> None:
        """Send a unit a signal, and wait until it has stopped or ended by it."""
        os.kill(pid_of(unit), number)
        if number == signal.SIGKILL:
            await_end([pid_of(unit)])
        while number == signal.SIGSTOP and not _is_stopped(pid_of(unit)):
            time.sleep(0.005)

    def end(self) -> None:
        """End every unit, stopped ones too."""
        for unit in self.units():
            super().stop(unit, 0)


def pid_of(unit: Unit) -> int:
    """The process that a local unit is."""
    return int(unit.id.partition("@")[0])


def await_end(pids: Iterable[int]) -> list[int]:
    """Wait until none of `pids` runs; those that still do after ten seconds."""
    left, deadline = list(pids), time.monotonic() + _GONE_S
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if processes.find(pid)]
        time.sleep(0.01 if left else 0)
    return left


def _is_stopped(pid: int) -> bool:
    """Whether a process has stopped or is gone: a signal takes effect a little after it is sent."""
    process = processes.find(pid)
    return process is None or process.state != "running"


def _children() -> list[int]:
    """The processes below this one that are not yet dead."""
    import psutil

    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found
