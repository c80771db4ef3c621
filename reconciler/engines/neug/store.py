"""A NeuG database as files: read without the engine, cloned without copying."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.copies.folders import link_tree

LOCK = "neugdb.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds a database open."""

    pid: int
    writes: bool


def state(database: Path) -> str | None:
    """The number of the last checkpoint: it changes with every change, and only then.

    None where there is no database.
    """
    try:
        return (database / "checkpoint" / "CURRENT").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def manifest(database: Path) -> Mapping[str, Any] | None:
    """The schema of the last checkpoint; None where there is none that can be read.

    A checkpoint made meanwhile may take the manifest away: the next one is read then.
    """
    for _ in range(3):
        number = state(database)
        if number is None:
            return None
        try:
            text = (database / "checkpoint" / "manifests" / f"{number}.manifest").read_text()
            return dict(json.loads(text)["schema"])
        except FileNotFoundError:
            continue
        except (ValueError, KeyError):
            return None
    return None


def has_log(database: Path) -> bool:
    """Whether changes wait in the write-ahead log: then the manifest does not tell the whole."""
    for parent, _, names in os.walk(database / "wal"):
        if any(Path(parent, name).lstat().st_size for name in names):
            return True
    return False


def clone(database: Path, target: Path) -> None:
    """Clone a checkpointed database by hard links: checkpoint objects are never written again."""
    target.mkdir(parents=True)
    link_tree(database / "checkpoint", target / "checkpoint")
    number = state(target)
    (target / "wal" / str(number)).mkdir(parents=True)  # without it: "WAL epoch is missing"


def locks() -> Mapping[tuple[int, int], Holder]:
    """Who holds which file locked, by device and inode.

    Reads only: taking a lock to try would make somebody else's opening fail.
    """
    found = {}
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        if "->" in fields[1:2] or len(fields) < 6:
            continue  # somebody who waits
        major, minor, inode = fields[5].split(":")
        device = os.makedev(int(major, 16), int(minor, 16))
        found[device, int(inode)] = Holder(int(fields[4]), fields[3] == "WRITE")
    return found


def holder(database: Path, held: Mapping[tuple[int, int], Holder]) -> Holder | None:
    """Who holds this database open."""
    try:
        seen = (database / LOCK).stat()
    except FileNotFoundError:
        return None
    return held.get((seen.st_dev, seen.st_ino))
