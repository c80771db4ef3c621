"""A NeuG database as files: read without the engine, cloned without copying."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reconciler.copies.folders import link_tree, size_of

SHARED = False  # its lock keeps readers out too


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


def settled(database: Path) -> bool:
    """Whether `manifest` tells all."""
    return not has_log(database)


def clone(database: Path, target: Path) -> str:
    """Clone a checkpointed database by hard links: checkpoint objects are never written again."""
    target.mkdir(parents=True)
    link_tree(database / "checkpoint", target / "checkpoint")
    number = state(target)
    (target / "wal" / str(number)).mkdir(parents=True)  # without it: "WAL epoch is missing"
    return str(number)


def checkpoint_bytes(database: Path) -> int:
    """What a checkpoint may write at most: all that the last one holds."""
    return size_of(database / "checkpoint")


def lock(database: Path) -> Path:
    """The file by whose lock the engine keeps others out."""
    return database / "neugdb.lock"
