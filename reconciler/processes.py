"""Processes of this machine, told apart from later ones that were given the same number."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

State = Literal["running", "stopped", "ending"]
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process that was seen.

    `created` tells it from others that had its number: seconds since the machine's start where the
    kernel says so, which no clock change moves; else seconds since 1970. `ending`: it runs no more,
    and some of its threads are not gone yet: its ports, files and locks are still taken.
    """

    pid: int
    created: float
    state: State
    leads_session: bool


def find(pid: int) -> Process | None:
    """The process of that number; None where there is none or where it is dead but not reaped."""
    if not _has_proc():
        return _find_by_psutil(pid)
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command stands in parentheses and may hold anything, parentheses too.
    fields = stat[stat.rindex(b")") + 2 :].split()
    state = _state(fields[0], threads=int(fields[17]))
    if state is None:
        return None
    return Process(pid, int(fields[19]) / _ticks(), state, int(fields[3]) == pid)


def _state(letter: bytes, threads: int) -> State | None:
    """What the first thread's letter says of a process; None: it is dead."""
    match letter:
        case b"X":
            return None
        case b"Z":
            return "ending" if threads > 1 else None
        case b"T" | b"t":
            return "stopped"
    return "running"


def lives(pid: int, created: float) -> bool:
    """Whether the very process still lives, stopped or not, or has not quite ended."""
    process = find(pid)
    return process is not None and abs(process.created - created) < 0.005  # a tick is 0.01 s


def environments() -> Iterator[tuple[int, bytes | None]]:
    """Each process and the environment it was started with: `NAME=value`, parted by NUL.

    None where it belongs to somebody else and may not be read. Costs about 0.02 ms a process.
    """
    if not _has_proc():
        yield from _environments_by_psutil()
        return
    for entry in _PROC.iterdir():
        if not (name := entry.name).isdigit():
            continue
        try:
            yield int(name), _environment(name)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile


def shows(pid: int) -> bool:
    """Whether a process that was started shows its environment, or has ended already.

    A moment after `exec` it is empty still, and the process is none that could be found again.
    """
    try:
        return not _has_proc() or _environment(str(pid)) != b""
    except (FileNotFoundError, ProcessLookupError):
        return True


def _environment(pid: str) -> bytes | None:
    try:
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
            return file.read()
    except PermissionError:
        return None


def listening(pid: int) -> frozenset[int] | None:
    """The TCP ports that a process listens on: none once it ended; None where nobody may know."""
    import psutil

    try:
        found = psutil.Process(pid).net_connections(kind="tcp")
    except psutil.NoSuchProcess:
        return frozenset()
    except psutil.Error:
        return None
    return frozenset(c.laddr.port for c in found if c.status == psutil.CONN_LISTEN and c.laddr)


def since_1970(created: float) -> float:
    """`Process.created` as UTC seconds."""
    if not _has_proc():
        return created
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + created


@cache
def machine() -> str:
    """What the numbers of processes belong to: two with the same answer see the same processes.

    The kernel's boot and the namespace, since containers of one host share a kernel but no numbers.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return os.uname().nodename


@cache
def _has_proc() -> bool:
    return sys.platform == "linux" and (_PROC / "self/stat").exists()


@cache
def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")


def _find_by_psutil(pid: int) -> Process | None:
    import psutil

    try:
        process = psutil.Process(pid)
        status, created = process.status(), process.create_time()
        leads = os.getsid(pid) == pid
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None
    if status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
        return None
    stopped = status in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    return Process(pid, created, "stopped" if stopped else "running", leads)


def _environments_by_psutil() -> Iterator[tuple[int, bytes | None]]:
    import psutil

    for process in psutil.process_iter():
        try:
            pairs = process.environ().items()
        except psutil.AccessDenied:
            yield process.pid, None
        except (psutil.NoSuchProcess, OSError):
            continue
        else:
            yield process.pid, b"\0".join(os.fsencode(f"{name}={v}") for name, v in pairs)
