"""Who asked for what, a JSON line each: what may change something, and who was not let in.

Never a body, a query or a token: whatever a client sends may be a secret, a path that is none of
ours as well. Only the reason that a person gives is kept: that is what it is given for. Two files
of a few MB at most, the older one `audit.1.jsonl`.
"""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path

from reconciler.ledger import make_folder
from reconciler.server.auth import Principal

FORMAT = 1
_MOST_BYTES = 4 << 20


class Audit:
    """The audit log of one environment, in its ledger. From any thread."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the ledger's, made at the first line."""
        self._folder = folder
        self._path = folder / "audit.jsonl"
        self._lock = threading.Lock()

    def add(  # noqa: PLR0913, PLR0917  each is a part of the line
        self, who: Principal | None, address: str, method: str, target: str, status: int,
        reason: str = "",
    ) -> None:  # fmt: skip
        """Keep a request that was answered. Raises OSError."""
        line = json.dumps({
            "format": FORMAT,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": who.name if who else None,
            "token": who.id if who else None,
            "role": who.told if who else None,
            "from": address,
            "method": method,
            "target": target,
            "status": status,
            "reason": reason,
        })  # fmt: skip
        with self._lock:
            make_folder(self._folder)
            self._turn_over()
            with open(self._path, "a", encoding="ascii", opener=_private) as file:
                file.write(f"{line}\n")

    def _turn_over(self) -> None:
        if self._path.exists() and self._path.stat().st_size > _MOST_BYTES:
            self._path.replace(self._folder / "audit.1.jsonl")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
