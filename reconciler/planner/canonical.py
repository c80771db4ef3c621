"""The same bytes for the same value: what a fingerprint is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from hashlib import sha256
from typing import Any

_CLOCK = frozenset({"switched_at", "since"})  # what the clock drives is no part of a fingerprint


_ATOMS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any) -> Any:
    """`value` as JSON's own types, sets sorted, dataclasses as mappings with their names."""
    if type(value) in _ATOMS:  # most are: a wish is digested for each graph of each plan
        return value
    if is_dataclass(value) and not isinstance(value, type):
        said = {name: plain(getattr(value, name)) for name in _told(type(value))}
        return {"is": type(value).__name__, **said}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, AbstractSet | list | tuple):
        items = [plain(item) for item in value]
        return sorted(items, key=_text) if isinstance(value, AbstractSet) else items
    return value


@cache
def _told(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a dataclass that count."""
    return tuple(f.name for f in fields(kind) if f.name not in _CLOCK and f.compare)


def digest(*values: Any) -> str:
    """SHA-256 of the canonical text, in hex."""
    return sha256(_text([plain(value) for value in values]).encode()).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
