"""Ending a unit, and nobody else: its number may have passed to another process meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from reconciler import processes
from reconciler.contracts import UnitFailed
from reconciler.model.unit import Unit
from reconciler.processes import Process

_KILLED_WITHIN_S = 10.0


def identify(process: Process) -> str:
    """The id of the unit that is this process."""
    return f"{process.pid}@{process.created}"


def pid(unit: Unit) -> int:
    """The number of the unit's process."""
    return _parse(unit)[0]


def runs(unit: Unit) -> bool:
    """Whether the unit's very process lives, stopped or not."""
    return processes.lives(*_parse(unit))


def end(unit: Unit, grace_s: float) -> None:
    """Let the unit end within `grace_s` seconds, then kill it with its group. Raises UnitFailed."""
    if grace_s > 0:
        _send(unit, signal.SIGTERM)
        _send(unit, signal.SIGCONT)  # a stopped one sees SIGTERM only when it goes on
        if _gone(unit, grace_s):
            return
    _kill_group(unit)
    if not _gone(unit, _KILLED_WITHIN_S):
        raise UnitFailed(f"{unit.mark.key} (process {_parse(unit)[0]}) does not end")


def _parse(unit: Unit) -> tuple[int, float]:
    pid, _, created = unit.id.partition("@")
    return int(pid), float(created)


def _send(unit: Unit, number: signal.Signals) -> None:
    pid, _ = _parse(unit)
    try:
        if not hasattr(os, "pidfd_open"):
            if runs(unit):
                os.kill(pid, number)
            return
        handle = os.pidfd_open(pid)  # names the process, whoever gets its number later
        try:
            if runs(unit):
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise UnitFailed(f"{unit.mark.key} (process {pid}) belongs to another user") from error


def _kill_group(unit: Unit) -> None:
    pid, _ = _parse(unit)
    if runs(unit):  # it leads its group, so that nobody else's has that number
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    _send(unit, signal.SIGKILL)


def _gone(unit: Unit, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    pause = 0.005
    while runs(unit):
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return True
