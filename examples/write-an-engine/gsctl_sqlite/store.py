"""A SQLite database as a file: looked at without a lock, and copied."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from gsctl_sqlite import host
from reconciler.embedded.dialect import Schema

SHARED = True  # readers disturb nobody
_HOT = bytes.fromhex("d9d505f920a163d7")  # how a journal begins that is to be rolled back


def state(copy: Path) -> str | None:
    """SQLite's own count of changes, in the header of the file."""
    try:
        with lock(copy).open("rb") as file:
            return file.read(28)[24:28].hex() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


def has_log(copy: Path) -> bool:
    """Whether a writer died in a transaction: the next one rolls it back."""
    try:
        with (copy / f"{host.FILE}-journal").open("rb") as file:
            return file.read(len(_HOT)) == _HOT
    except FileNotFoundError:
        return False


def settled(copy: Path) -> bool:
    """Whether `manifest` tells all."""
    return not has_log(copy)


def manifest(copy: Path) -> Schema | None:
    """The tables. `immutable`: no lock is taken, so no writer is kept out."""
    if state(copy) is None:
        return None
    try:
        with closing(sqlite3.connect(f"{lock(copy).as_uri()}?immutable=1", uri=True)) as database:
            return host.schema(database)
    except sqlite3.DatabaseError:
        return None


def clone(copy: Path, target: Path) -> str:
    """Copy the file; the state that it was in."""
    target.mkdir(parents=True)
    shutil.copyfile(lock(copy), lock(target))
    return state(target) or ""


def checkpoint_bytes(_copy: Path) -> int:
    """There are no checkpoints."""
    return 0


def lock(copy: Path) -> Path:
    """A writer locks the database itself."""
    return copy / host.FILE
