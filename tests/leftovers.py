"""Ends what a test started below its folder, however the test ended."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil

_STARTED: list[tuple[Path, subprocess.Popen[str]]] = []


def started(below: Path, process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Note a process to be ended, waited for and closed with the folder that it works in.

    A test that fails leaves it as it is: its pipes and itself would be garbage of whoever comes next.
    """
    _STARTED.append((below, process))
    return process


def end_processes(below: Path) -> None:
    """Kill every process that works below a folder, or whose command or mark speaks of it."""
    for note in [note for note in _STARTED if note[0].is_relative_to(below)]:
        _STARTED.remove(note)
        with note[1] as process:
            process.kill()
    for process in psutil.process_iter():
        try:
            mark = process.environ().get("GSCTL_UNIT", "")
            told = " ".join((process.cwd(), *process.cmdline(), mark))
            if str(below) in told and process.pid != os.getpid():
                process.send_signal(signal.SIGKILL)
        except (psutil.Error, OSError):
            continue
