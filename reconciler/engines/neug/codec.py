"""Our record as names of empty vertex types: the one place in NeuG that no query of a user meets.

A type with rows would be counted by `MATCH (n)` and deleted by `DETACH DELETE`; a side file would
not be committed with the change. Names of up to 20,000 characters are kept exactly.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable

from reconciler.copies.marks import Unreadable
from reconciler.model.record import NewerFormat, Record

PREFIX = "_gsctl_"
_CHUNK = 15_000  # characters of a name, well below what was tried
_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


def encode(record: Record) -> tuple[str, ...]:
    """The names of the types that hold `record`: `_gsctl_<number>_<of>_<base32>`."""
    text = json.dumps(record.plain(), sort_keys=True, separators=(",", ":"))
    packed = base64.b32encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    parts = [packed[i : i + _CHUNK] for i in range(0, len(packed), _CHUNK)]
    return tuple(f"{PREFIX}{n}_{len(parts)}_{part}" for n, part in enumerate(parts, start=1))


def decode(names: Iterable[str]) -> Record | None:
    """The record that `names` hold; None where there are none.

    Raises:
        Unreadable: they do not make a whole record, or a newer gsctl wrote it.
    """
    parts = sorted((_split(name) for name in names), key=lambda part: part[0])
    if not parts:
        return None
    if [n for n, _, _ in parts] != list(range(1, parts[0][1] + 1)):
        raise Unreadable("our record in the catalog is not whole")
    packed = "".join(part for _, _, part in parts)
    try:
        text = zlib.decompress(_bytes(packed))
        return Record.from_plain(json.loads(text))
    except NewerFormat as error:
        raise Unreadable(str(error)) from error
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise Unreadable(f"our record in the catalog is damaged ({error})") from error


def _bytes(packed: str) -> bytes:
    """What base32 holds. Its own decoder took half the time of looking at a thousand graphs.

    Raises ValueError for other characters; the compressed text carries a checksum of its own.
    """
    if not packed.isalnum():  # int() would take signs, blanks and underscores
        raise ValueError("no base32")
    length, rest = divmod(len(packed) * 5, 8)
    return (int(packed.translate(_DIGITS), 32) >> rest).to_bytes(length, "big")


def _split(name: str) -> tuple[int, int, str]:
    try:
        number, total, part = name.removeprefix(PREFIX).split("_", 2)
        return int(number), int(total), part
    except ValueError as error:
        raise Unreadable(f"`{name[:40]}` is no record of ours") from error
