"""The marks of an engine and of a graph's name, as files replaced by rename."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reconciler.durable import replace_json
from reconciler.model.key import Key, Owner
from reconciler.model.observed import Pointer
from reconciler.model.policy import UNRESTRAINED, Restraint, Suspension
from reconciler.model.record import NewerFormat
from reconciler.model.wish import Held, Settings

FORMAT = 1
SUSPENDED = "suspended.json"  # beside the pointer


class Unreadable(ValueError):
    """A mark is there and cannot be understood: what it marks is unknown, never unmarked."""


@dataclass(frozen=True, slots=True)
class EngineMark:
    """What an engine's folder says of itself."""

    owner: Owner
    key: Key
    spec: Mapping[str, Any]
    protect: bool = False
    guard: Mapping[str, int] = field(default_factory=dict)
    adopted: bool = False  # the folder is somebody's own, and stays when the engine goes
    restraint: Restraint = UNRESTRAINED


def write_engine(path: Path, mark: EngineMark) -> None:
    """Write an engine's mark."""
    replace_json(path, {"format": FORMAT, **asdict(mark)})


def read_engine(path: Path) -> EngineMark | None:
    """An engine's mark; None where there is none. Raises Unreadable."""
    data = _read(path)
    if data is None:
        return None
    try:
        return EngineMark(
            Owner(**data["owner"]),
            Key(**data["key"]),
            data["spec"],
            data["protect"],
            data["guard"],
            bool(data.get("adopted", False)),
            Restraint.from_plain(data.get("restraint")),
        )
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{path}: no mark of an engine ({error})") from error


def write_pointer(path: Path, pointer: Pointer, epoch: int) -> None:
    """Write a graph's pointer; `epoch` is that of the lease it is written under.

    That somebody suspended it is written beside it too, before it and removed after it: a pointer
    that is lost does not resume.
    """
    beside, suspended = path.with_name(SUSPENDED), pointer.restraint.suspended
    if suspended:
        replace_json(beside, {"format": FORMAT, **asdict(suspended)})
    replace_json(path, {"format": FORMAT, "epoch": epoch, **asdict(pointer)})
    if not suspended:
        beside.unlink(missing_ok=True)


def read_suspension(pointer: Path) -> Suspension | None:
    """Who suspended the graph whose pointer is, or was, at that path. Raises Unreadable."""
    path = pointer.with_name(SUSPENDED)
    data = _read(path)
    try:
        return Suspension(**data) if data is not None else None
    except TypeError as error:
        raise Unreadable(f"{path}: tells of no suspension ({error})") from error


def read_pointer(path: Path) -> Pointer | None:
    """A graph's pointer; None where there is none. Raises Unreadable."""
    data = _read(path)
    if data is None:
        return None
    try:
        data.pop("epoch", None)
        owner, settings = Owner(**data.pop("owner")), Settings(**data.pop("settings"))
        held = data.pop("held", None)
        restraint = Restraint.from_plain(data.pop("restraint", None))
        return Pointer(owner=owner, settings=settings, held=Held(**held) if held else None,
                       restraint=restraint, **data)  # fmt: skip
    except (KeyError, TypeError) as error:
        raise Unreadable(f"{path}: no pointer of a graph ({error})") from error


def _read(path: Path) -> dict[str, Any] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error
    try:
        data = json.loads(text)
        format_ = data.pop("format")
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise Unreadable(f"{path}: not a mark of gsctl") from error
    if not isinstance(format_, int) or format_ > FORMAT:
        raise Unreadable(f"{path}: {NewerFormat(format_)}")
    return dict(data)
