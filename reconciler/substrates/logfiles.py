"""Logs of local units: written by the units themselves, kept bounded by the commands."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from reconciler.contracts import Written

LARGEST = 10 * 1024 * 1024  # bytes
KEPT = 3  # older texts beside the current one
_BLOCK = 64 * 1024
_MOST = 1024 * 1024  # bytes of new lines at once: the rest comes next


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


def latest(log: Path, lines: int) -> Written:
    """The last lines, the one without an end among them."""
    identity = _identity(log)
    text, size = _end(log, lines)
    *whole, rest = text.split(b"\n")
    last = whole[-(lines - bool(rest)) :] if lines > bool(rest) else []
    told = tuple(line.decode(errors="replace") for line in last)
    kept = rest.decode(errors="replace") if lines > 0 else ""
    return Written(told, f"{identity}:{size - len(rest)}", kept)


def since(log: Path, place: str) -> Written:
    """The whole lines that were written after a place, across rotations.

    Raises:
        ValueError: it is the place of no log.
    """
    known, seen = map(int, place.split(":"))
    identity = _identity(log)
    if identity != known or _size(log) < seen:
        seen = 0
    try:
        with log.open("rb") as file:
            file.seek(seen)
            text = file.read(_MOST)
    except FileNotFoundError:
        return Written((), place)
    whole, end, _ = text.rpartition(b"\n")
    if not end and len(text) < _MOST:
        return Written((), place)
    told = whole if end else text  # a line as long as that comes in pieces
    lines = told.decode(errors="replace").split("\n")
    return Written(tuple(lines), f"{identity}:{seen + len(told) + len(end)}")


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
