"""A Ladybug database as files: one, with a log beside it while changes wait.

Only the engine can read its catalog, so its host leaves what it read in a file beside the database
when it closes it. That file is a shortcut and no truth: it counts while the database has not been
written since, and without it the engine is asked.
"""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

from reconciler.copies.folders import copy_file, size_of
from reconciler.embedded.dialect import Schema

DATABASE = "graph.lbug"
LOG = f"{DATABASE}.wal"
SHADOW = f"{DATABASE}.shadow"
CATALOG = "catalog.json"

SHARED = True  # a server only reads, and so may others beside it


def state(copy: Path) -> str | None:
    """Size and time of the last write; None where there is no database.

    The file is not opened: closing it would let go of a lock that this process holds on it.
    """
    try:
        found = (copy / DATABASE).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return f"{found.st_size}-{found.st_mtime_ns}" if found.st_size else None


def has_log(copy: Path) -> bool:
    """Whether changes wait in the log, or a checkpoint was cut short, which a writer completes."""
    try:
        return (copy / SHADOW).exists() or (copy / LOG).stat().st_size > 0
    except FileNotFoundError:
        return False


def settled(copy: Path) -> bool:
    """Whether `manifest` tells all."""
    return not has_log(copy) and _catalog(copy).get("state") == state(copy)


def manifest(copy: Path) -> Schema | None:
    """The schema as the host left it; None where it left none, or where there is no database."""
    return _catalog(copy).get("schema") if state(copy) else None


def clone(copy: Path, target: Path) -> str:
    """Copy the file, sharing its blocks where the file system can. Raises OSError when written."""
    before = state(copy)
    if before is None or has_log(copy):
        raise OSError(errno.EBUSY, "it holds changes that wait in its log", str(copy))
    target.mkdir(parents=True)
    copy_file(copy / DATABASE, target / DATABASE)
    if state(copy) != before or has_log(copy):
        raise OSError(errno.EBUSY, "it was written to while it was cloned", str(copy))
    return before


def checkpoint_bytes(copy: Path) -> int:
    """What a checkpoint may write at most: the whole, and its log."""
    return size_of(copy)


def lock(copy: Path) -> Path:
    """The database itself: whoever writes holds a lock on it, readers hold none."""
    return copy / DATABASE


def _catalog(copy: Path) -> dict[str, Any]:
    try:
        found = json.loads((copy / CATALOG).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
