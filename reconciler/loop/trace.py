"""What a turn is known by in logs and traces alike: ids as W3C's Trace Context has them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from hashlib import sha256


def _new() -> str:
    return secrets.token_hex(16)


@dataclass(slots=True)
class Trace:
    """The turn that is going on, or that comes. Changed by the loop's thread alone."""

    environment: str
    id: str = field(default_factory=_new)  # 32 hexadecimal digits

    def renew(self) -> None:
        """The turn is over."""
        self.id = _new()

    def span(self, step: str = "") -> str:
        """A step of the turn, or the turn itself: 16 hexadecimal digits, the same each time."""
        return sha256(f"{self.id} {step}".encode()).hexdigest()[:16]
