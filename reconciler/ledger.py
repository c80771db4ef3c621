"""The ledger: what people decided, and where to look. It may hold an action back or explain it.

No step follows from it alone: with the ledger lost, what lies at a place that no document names is
no longer found, approvals are asked for again, estimates start anew, and nothing else changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reconciler.durable import locked, replace_json
from reconciler.model.estimate import Spent
from reconciler.model.policy import Approval
from reconciler.model.problem import Problem
from reconciler.model.record import NewerFormat

FORMAT = 1
_RUNS_KEPT = 200
_RUNS_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Made:
    """A row of a plan that was applied. `fields` are the paths that differed, the first few.

    `was` is the address before, of what was renamed.
    """

    address: str
    action: str
    fields: tuple[str, ...] = ()
    was: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One apply. Times in UTC seconds; `counts` as in a plan's summary.

    `spent` and `made` are cut to the dearest steps and the first rows.
    """

    started_at: float
    ended_at: float
    outcome: str
    counts: Mapping[str, int] = field(default_factory=dict)
    spent: tuple[Spent, ...] = ()
    made: tuple[Made, ...] = ()
    by: str = ""  # who ran what


def make_folder(folder: Path) -> None:
    """Make a ledger's folder, and its environment's, readable by the owner alone. Raises OSError.

    Not the root itself: where it is not mounted, nothing may be made in its place.
    """
    for part in (folder.parent, folder):
        part.mkdir(mode=0o700, exist_ok=True)


def turn(folder: Path) -> AbstractContextManager[int]:
    """One writer at a time of the files in a ledger's folder. Raises OSError, Busy."""
    make_folder(folder)
    return locked(folder / "ledger.lock")


class Ledger:
    """The ledger of one environment.

    Only a holder of the lease writes to it, but for approvals: those are given at any time.
    """

    def __init__(self, folder: Path) -> None:
        """Nothing is read or made before it is needed."""
        self._folder = folder
        self._places = folder / "places.json"
        self._runs = folder / "runs.jsonl"
        self._approvals = folder / "approvals.json"

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
        with turn(self._folder):
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

    def approvals(self) -> tuple[Approval, ...]:
        """Every approval that was not used, also expired ones: that is a reason to tell.

        None of a list that cannot be read: they are asked for again. Raises NewerFormat.
        """
        try:
            return _read_approvals(self._approvals)
        except _Damaged:
            return ()

    def approve(self, given: Iterable[Approval]) -> None:
        """Keep approvals, each in the place of an earlier one of that address.

        Raises OSError, Busy, NewerFormat.
        """
        new = {approval.address: approval for approval in given}
        self._change_approvals(
            lambda known: (*(a for a in known if a.address not in new), *new.values())
        )

    def spend(self, used: Iterable[Approval]) -> None:
        """Forget approvals when what they are for begins: each is used once.

        Raises OSError, Busy, NewerFormat.
        """
        gone = frozenset(used)
        if gone:
            self._change_approvals(lambda known: tuple(a for a in known if a not in gone))

    def _change_approvals(
        self, change: Callable[[tuple[Approval, ...]], tuple[Approval, ...]]
    ) -> None:
        with turn(self._folder):
            wanted = sorted(change(self.approvals()), key=lambda approval: approval.address)
            plain = [asdict(approval) for approval in wanted]
            replace_json(self._approvals, {"format": FORMAT, "approvals": plain})

    def _change_places(self, change: Callable[[frozenset[str]], frozenset[str]]) -> None:
        with turn(self._folder):
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


def _read_approvals(path: Path) -> tuple[Approval, ...]:
    try:
        data: Any = json.loads(path.read_bytes())
        format_ = int(data["format"])
        if format_ <= FORMAT:
            return tuple(Approval(**one) for one in data["approvals"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _Damaged(f"{path} cannot be read: {error}") from error
    raise NewerFormat(format_)


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
        spent = tuple(Spent(**each) for each in data["spent"])
        made = tuple(Made(**{**m, "fields": tuple(m["fields"])}) for m in data.get("made", ()))
        return Run(**{**data, "spent": spent, "made": made})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
