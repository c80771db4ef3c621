"""Who holds which file locked. Reads only: a lock that is tried makes others' opening fail."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler import processes
from reconciler.embedded.client import HOST
from reconciler.processes import find

_DYING_S = 2.0  # a killed process that frees much memory lets go of its locks that late


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a database open."""

    pid: int
    writes: bool


Locks = Mapping[tuple[int, int], Holder]


def locks() -> Locks:
    """Every lock of the machine, by device and inode."""
    found = {}
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if "->" in fields[1:2] or len(fields) < 6:
            continue  # somebody who waits
        major, minor, inode = fields[5].split(":")
        device = os.makedev(int(major, 16), int(minor, 16))
        found[device, int(inode)] = Holder(int(fields[4]), fields[3] == "WRITE")
    return found


def listening(pid: int) -> str | None:
    """host:port of a server that a process runs; None where there is none, or nobody may know."""
    ports = processes.listening(pid)
    return f"127.0.0.1:{min(ports)}" if ports else None


def holder(lock: Path, held: Locks, *, alone: bool = False) -> Holder | None:
    """Who holds `lock`, the file by which an engine keeps others out of a database.

    Nobody who is dead for all the world, and keeps the file open for a moment still: that is waited
    for. So is, where `alone` says that no gsctl writes, the end of a host that was left by one that
    was killed.
    """
    try:
        seen = lock.stat()
    except FileNotFoundError:
        return None
    file = seen.st_dev, seen.st_ino
    found = held.get(file)
    until = time.monotonic() + _DYING_S
    while found and _ends(found, alone=alone) and time.monotonic() < until:
        time.sleep(0.005)
        found = locks().get(file)
    return found


def _ends(found: Holder, *, alone: bool) -> bool:
    if found.pid <= 0:
        return False
    seen = find(found.pid)
    over = seen is None or seen.state == "ending"
    return over or (alone and found.writes and _is_host(found.pid))


def _is_host(pid: int) -> bool:
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return True  # it has just ended
    words = told.decode(errors="replace").split("\0")
    return not told or (words[1:2] == [str(HOST)] and "work" in words[2:])
