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
_ABANDONED_S = 60.0  # a file is written and renamed in far less


class Busy(TimeoutError):
    """A lock file stayed locked by somebody else for as long as we were ready to wait."""


def replace_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write a JSON file as `replace_text` does."""
    replace_text(path, json.dumps(data, indent=1, sort_keys=True))


def replace_text(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one, also after a power cut.

    It keeps the permissions of the old one. Costs two fsyncs. Raises OSError; the old file is then
    untouched.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sweep(path)
    _sync_folder(path.parent)


def _sweep(path: Path) -> None:
    """Remove what writers of `path` left behind that were killed before their rename."""
    for left in path.parent.glob(f".{path.name}.*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > _ABANDONED_S:
                left.unlink()


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
