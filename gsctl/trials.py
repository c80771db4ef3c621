"""The declared tests of applied procedures, run against what lives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gsctl.doors.finding import Found
from reconciler.contracts import StepFailed
from reconciler.model.loading import Expected
from reconciler.model.record import ProcedureRecord

COLUMNS = ("PROCEDURE", "CALL", "ROWS", "WANTED", "RESULT")
_MOST = 1_000_000  # rows: a test that gives more is counted as so many


@dataclass(frozen=True, slots=True)
class Trial:
    """One test. `rows` is None where the call failed; `says` then tells why."""

    procedure: str
    call: Mapping[str, Any]
    rows: int | None
    wanted: Expected
    says: str = ""

    @property
    def passed(self) -> bool:
        """Whether it gave as many rows as it should."""
        return self.rows is not None and self.wanted.holds(self.rows)

    def row(self) -> tuple[Any, ...]:
        """As a row of COLUMNS."""
        given = ", ".join(f"{n}={json.dumps(v, ensure_ascii=False)}" for n, v in self.call.items())
        result = "ok" if self.passed else f"failed: {self.says}" if self.says else "failed"
        return (self.procedure, given, self.rows, self._range(), result)

    def _range(self) -> str:
        low, high = self.wanted.min, self.wanted.max
        if low == high:
            return f"{low}"
        told = [f"at least {low}"] if low is not None else []
        told += [f"at most {high}"] if high is not None else []
        return ", ".join(told)

    def plain(self) -> dict[str, Any]:
        """For programs."""
        wanted = {"min": self.wanted.min, "max": self.wanted.max}
        return {"procedure": self.procedure, "call": dict(self.call), "rows": self.rows,
                "wanted": wanted, "passed": self.passed, "says": self.says}  # fmt: skip


def tried(found: Found, name: str, procedure: ProcedureRecord) -> tuple[Trial, ...]:
    """Run the tests of one procedure, in their order. Raises Unanswered."""
    return tuple(_trials(found, name, procedure))


def _trials(found: Found, name: str, procedure: ProcedureRecord) -> Iterator[Trial]:
    for test in procedure.tests:
        given, wanted = dict(test.get("call", {})), _wanted(test.get("rows"))
        try:
            table = found.driver.query(found.graph, procedure.query, given, write=False,
                                       limit=_MOST)  # fmt: skip
        except StepFailed as error:
            yield Trial(name, given, None, wanted, str(error))
        else:
            yield Trial(name, given, len(table.rows), wanted)


def _wanted(rows: Any) -> Expected:
    if isinstance(rows, Mapping):
        return Expected(rows.get("min"), rows.get("max"))
    return Expected(rows, rows) if isinstance(rows, int) else Expected(1)
