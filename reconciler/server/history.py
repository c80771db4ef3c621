"""The turns that said something new, a JSON line each, in the ledger. Losing it changes nothing."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.loop.tick import Tick

FORMAT = 1
_KEPT = 500
_MOST_BYTES = 2 << 20
_NEWS = ("result", "fingerprint", "waiting", "problems")


class History:
    """Written by the loop's thread of the one that leads, read by any."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the ledger's, made at the first turn."""
        self._path = folder / "history.jsonl"
        self._turns = deque(_read(self._path), maxlen=_KEPT)

    def add(self, tick: Tick, reasons: Sequence[str]) -> Mapping[str, Any]:
        """Keep a turn, unless nothing changed and nothing is new; what is told of it anyway."""
        told = _plain(tick, reasons)
        last = self._turns[-1] if self._turns else {}
        if tick.result == "settled" and all(last.get(name) == told[name] for name in _NEWS):
            return told
        self._turns.append(told)
        self._write(told)
        return told

    def newest(self, limit: int) -> list[Mapping[str, Any]]:
        """The newest first."""
        return [*reversed(self._turns.copy())][:limit]

    def _write(self, told: Mapping[str, Any]) -> None:
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        full = self._path.exists() and self._path.stat().st_size > _MOST_BYTES
        lines = list(self._turns) if full else [told]
        with self._path.open("w" if full else "a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps({'format': FORMAT, **line})}\n" for line in lines)


def _plain(tick: Tick, reasons: Sequence[str]) -> dict[str, Any]:
    problems = dict.fromkeys((*tick.refused, *tick.problems))
    return {
        "began": tick.began,
        "seconds": round(max(0.0, time.time() - tick.began), 3),
        "woken_by": list(reasons),
        "revision": tick.revision,
        "fingerprint": tick.fingerprint,
        "result": tick.result,
        "summary": dict(tick.summary),
        "waiting": {str(key): wait.reason for key, wait in sorted(tick.waiting.items())},
        "problems": [{"code": p.code, "address": p.address, "summary": p.summary}
                     for p in problems],
    }  # fmt: skip


def _read(path: Path) -> list[Mapping[str, Any]]:
    """What was kept by those who led before; lines that cannot be read are left out."""
    try:
        lines = path.read_bytes().splitlines()[-_KEPT:]
    except OSError:
        return []
    found: list[Mapping[str, Any]] = []
    for line in lines:
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and told.pop("format", FORMAT + 1) <= FORMAT:
            found.append(told)
    return found
