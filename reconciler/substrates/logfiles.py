"""Logs of local units: written by the units themselves, kept bounded by the commands."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

LARGEST = 10 * 1024 * 1024  # bytes
KEPT = 3  # older texts beside the current one
_BLOCK = 64 * 1024
_POLL_S = 0.2


def path(folder: Path, name: str) -> Path:
    """The log of a unit. Raises ValueError for a name that would lie elsewhere."""
    if "/" in name or name.startswith(".") or not name:
        raise ValueError(f"`{name}` names no log")
    return folder / f"{name}.log"


def rotate(log: Path) -> None:
    """Put the current text aside, so that a unit's log begins where the unit did."""
    if log.exists() and log.stat().st_size:
        _shift(log)
        log.replace(_older(log, 1))


def trim(folder: Path) -> None:
    """Put the text of each log beyond `LARGEST` aside, under a unit that goes on writing.

    The unit has the file open, so the text is copied and then cut away. What is written between
    the two is lost: a few lines of a log that had ten megabytes of them.
    """
    for log in folder.glob("*.log"):
        if log.stat().st_size > LARGEST:
            _shift(log)
            shutil.copyfile(log, _older(log, 1))
            os.truncate(log, 0)


def tail(log: Path, lines: int) -> list[str]:
    """The last lines, without line ends; none where there is no log. Reads from the end."""
    text, _ = _end(log, lines)
    return text.decode(errors="replace").splitlines()[-lines:] if lines > 0 else []


def follow(log: Path, lines: int) -> Iterator[str]:
    """The last whole lines, then each as it is written, across rotations. Never ends by itself."""
    identity = _identity(log)
    text, seen = _end(log, lines)
    *whole, rest = text.split(b"\n")
    yield from (line.decode(errors="replace") for line in whole[-lines:] if lines > 0)
    while True:
        if _identity(log) != identity or _size(log) < seen:
            identity, seen, rest = _identity(log), 0, b""
        if _size(log) > seen:
            with log.open("rb") as file:
                file.seek(seen)
                new = file.read()
            seen += len(new)
            *whole, rest = (rest + new).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
        else:
            time.sleep(_POLL_S)


def _end(log: Path, lines: int) -> tuple[bytes, int]:
    """The end of a log that holds its last lines, and where it was cut off."""
    try:
        with log.open("rb") as file:
            size = position = file.seek(0, os.SEEK_END)
            text = b""
            while position > 0 and text.count(b"\n") <= lines:
                step = min(_BLOCK, position)
                position -= step
                file.seek(position)
                text = file.read(step) + text
    except FileNotFoundError:
        return b"", 0
    return text[: size - position], size


def _shift(log: Path) -> None:
    for number in range(KEPT - 1, 0, -1):
        if (older := _older(log, number)).exists():
            older.replace(_older(log, number + 1))


def _older(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")


def _size(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:
        return 0


def _identity(log: Path) -> int:
    try:
        return log.stat().st_ino
    except FileNotFoundError:
        return 0
