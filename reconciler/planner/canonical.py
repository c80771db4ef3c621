"""The same bytes for the same value: what a fingerprint is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from enum import Enum
from hashlib import sha256
from typing import Any

_CLOCK = frozenset({"switched_at", "since"})  # what the clock drives is no part of a fingerprint


def plain(value: Any) -> Any:
    """`value` as JSON's own types, sets sorted, dataclasses as mappings with their names."""
    if is_dataclass(value) and not isinstance(value, type):
        said = {f.name: plain(getattr(value, f.name)) for f in fields(value)
                if f.name not in _CLOCK and f.compare}  # fmt: skip
        return {"is": type(value).__name__, **said}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return sorted((plain(item) for item in value), key=_text)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def digest(*values: Any) -> str:
    """SHA-256 of the canonical text, in hex."""
    return sha256(_text([plain(value) for value in values]).encode()).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
