"""Verdicts on queries, kept by what they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reconciler.durable import replace_json
from reconciler.queries.fault import Fault

_FORMAT = 1
_CHECKER = 1  # raise it whenever the same query may get another verdict
_MOST = 50_000  # verdicts in the file; beyond it only those asked for in this run are kept


class QueryCache:
    """Faults by (catalog, query, parameters, engine's version, this checker), in one file.

    Read at the first look-up. A cache that cannot be read is an empty one; one that cannot be
    written is not kept. Not for several threads at once.
    """

    def __init__(self, folder: Path) -> None:
        """Keep the verdicts in `folder`, made when there is something to keep."""
        self._file = folder / "queries.json"
        self._known: dict[str, Sequence[Sequence[object]]] | None = None
        self._asked: set[str] = set()
        self._dirty = False

    @staticmethod
    def key(catalog: str, query: str, parameters: str, engine: str) -> str:
        """The name of a verdict. `engine` is empty where none was asked."""
        parts = (str(_CHECKER), engine, catalog, parameters, query)
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def get(self, key: str) -> tuple[Fault, ...] | None:
        """A verdict, if it is known."""
        self._asked.add(key)
        found = self._load().get(key)
        if found is None:
            return None
        try:
            return tuple(Fault.from_plain(data) for data in found)
        except TypeError:
            return None

    def put(self, key: str, faults: Sequence[Fault]) -> None:
        """Remember a verdict."""
        self._load()[key] = [fault.plain() for fault in faults]
        self._dirty = True

    def save(self) -> None:
        """Write what was learned, by rename. Does nothing when nothing was."""
        if not self._dirty:
            return
        known = self._load()
        if len(known) > _MOST:
            known = {key: known[key] for key in self._asked if key in known}
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            replace_json(self._file, {"format": _FORMAT, "verdicts": known})
            self._dirty = False

    def _load(self) -> dict[str, Sequence[Sequence[object]]]:
        if self._known is None:
            self._known = _read(self._file)
        return self._known


def _read(file: Path) -> dict[str, Sequence[Sequence[object]]]:
    try:
        data = json.loads(file.read_bytes())
        return dict(data["verdicts"]) if data["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
