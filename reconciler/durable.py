"""Files that change whole: replaced by rename, one writer at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_POLL_S = 0.01


class Busy(TimeoutError):
    """A lock file stayed locked by somebody else for as long as we were ready to wait."""


def replace_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write a file so that a reader finds the old one or the new one, also after a power cut.

    Costs two fsyncs. Raises OSError; the old file is then untouched.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(data, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def create_json(path: Path, data: Mapping[str, Any]) -> bool:
    """Write a file whole unless there is one; False when somebody was first. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        replace_json(temporary, data)
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


@contextlib.contextmanager
def locked(path: Path, wait_s: float = 10.0) -> Iterator[int]:
    """Hold the lock file `path`, made where it is missing; yields its descriptor.

    The lock goes with the last process that has the descriptor, however that process ends. Threads
    of one process exclude each other too.

    Raises:
        Busy: it was not free within `wait_s` seconds.
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _flock(descriptor, path, wait_s)
        # Not LOCK_UN: a child that was given the descriptor keeps the lock until it ends too.
        yield descriptor
    finally:
        os.close(descriptor)


def _flock(descriptor: int, path: Path, wait_s: float) -> None:
    # Polls instead of blocking: whoever was stopped while holding it must not stop us for ever.
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Busy(f"{path} is locked by another process") from None
            time.sleep(_POLL_S)
        else:
            return


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
