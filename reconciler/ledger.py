"""The ledger: what people decided, and where to look. It may hold an action back or explain it.

No step follows from it alone: with the ledger lost, what lies at a place that no document names is
no longer found, estimates start anew, and nothing else changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reconciler.durable import locked, replace_json
from reconciler.model.problem import Problem
from reconciler.model.record import NewerFormat

FORMAT = 1
_RUNS_KEPT = 200
_RUNS_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Spent:
    """What the steps of one kind took together."""

    seconds: float
    steps: int = 1
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One apply. Times in UTC seconds; `counts` as in a plan's summary; `spent` by kind of step."""

    started_at: float
    ended_at: float
    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[str, Spent] = field(default_factory=dict)


class Ledger:
    """The ledger of one environment. Only a holder of the lease writes to it."""

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made before it is needed."""
        self._folder = folder
        self._places = folder / "places.json"
        self._runs = folder / "runs.jsonl"

    def places(self) -> tuple[str, ...]:
        """Every place where this owner ever put something, sorted. None of a ledger that is lost.

        Raises:
            NewerFormat: a newer gsctl wrote it.
        """
        try:
            return _read_places(self._places)
        except _Damaged:
            return ()

    def problems(self) -> tuple[Problem, ...]:
        """What a person should know of the ledger. Raises NewerFormat."""
        try:
            _read_places(self._places)
        except _Damaged as error:
            return (_lost(str(error)),)
        return ()

    def add_place(self, place: str) -> None:
        """Keep a place. To be called before anything is made there; on the disk when it returns.

        A damaged list is set aside, not overwritten. Raises OSError, Busy, NewerFormat.
        """
        self._change_places(lambda known: known | {place})

    def forget(self, place: str) -> None:
        """Look at a place no more. Raises OSError, Busy, NewerFormat."""
        self._change_places(lambda known: known - {place})

    def record_run(self, run: Run) -> None:
        """Add an apply to the history, which keeps the newest few hundred. Raises OSError, Busy."""
        with self._locked():
            line = json.dumps({"format": FORMAT, **asdict(run)}, sort_keys=True)
            with self._runs.open("ab") as file:
                # The line before may have been cut short by a crash: it must not take this one.
                file.write(f"\n{line}\n".encode())
            if self._runs.stat().st_size > _RUNS_BYTES:
                self._shorten()

    def runs(self) -> tuple[Run, ...]:
        """The applies of the past, oldest first. Lines that cannot be read are left out."""
        try:
            lines = self._runs.read_bytes().splitlines()
        except OSError:
            return ()
        return tuple(run for line in lines if (run := _run(line)) is not None)

    def _change_places(self, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        with self._locked():
            try:
                known = frozenset(_read_places(self._places))
            except _Damaged:
                self._places.replace(self._places.with_suffix(".damaged"))
                known = frozenset()
            wanted = change(known)
            if wanted != known or not self._places.exists():
                replace_json(self._places, {"format": FORMAT, "places": sorted(wanted)})

    def _shorten(self) -> None:
        kept = self._runs.read_bytes().splitlines()[-2 * _RUNS_KEPT :]
        temporary = self._runs.with_suffix(".new")
        temporary.write_bytes(b"\n".join(kept) + b"\n")
        temporary.replace(self._runs)

    def _locked(self) -> AbstractContextManager[int]:
        # Not the root itself: where it is not mounted, nothing may be made in its place.
        for folder in (self._folder.parent, self._folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        return locked(self._folder / "ledger.lock")


class _Damaged(ValueError):
    pass


def _read_places(path: Path) -> tuple[str, ...]:
    try:
        data: Any = json.loads(path.read_bytes())
        format_ = int(data["format"])
        places = [str(place) for place in data.get("places", ())]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Damaged(f"{path} cannot be read: {error}") from error
    if format_ > FORMAT:
        raise NewerFormat(format_)
    return tuple(sorted(set(places)))


def _lost(why: str) -> Problem:
    return Problem(
        "warning",
        f"the ledger is lost: {why}",
        code="LG101",
        hint="what lies at a place that no document names is not found; "
        "the next apply keeps the places of the documents again",
    )


def _run(line: bytes) -> Run | None:
    try:
        data = json.loads(line)
        if data.pop("format") > FORMAT:
            return None
        return Run(**{**data, "spent": {k: Spent(**v) for k, v in data["spent"].items()}})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
