"""The declared tests of applied procedures, run against what lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.contracts import Driver, StepFailed
from reconciler.model.loading import Expected
from reconciler.model.observed import LiveGraph
from reconciler.model.record import ProcedureRecord

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


def tried(
    driver: Driver, graph: LiveGraph, name: str, procedure: ProcedureRecord
) -> tuple[Trial, ...]:
    """Run the tests of one procedure, in their order. Raises Unanswered."""
    return tuple(_trials(driver, graph, name, procedure))


def _trials(
    driver: Driver, graph: LiveGraph, name: str, procedure: ProcedureRecord
) -> Iterator[Trial]:
    for test in procedure.tests:
        given, wanted = dict(test.get("call", {})), _wanted(test.get("rows"))
        try:
            table = driver.query(graph, procedure.query, given, write=False, limit=_MOST)
        except StepFailed as error:
            yield Trial(name, given, None, wanted, str(error))
        else:
            yield Trial(name, given, len(table.rows), wanted)


def _wanted(rows: Any) -> Expected:
    if isinstance(rows, Mapping):
        return Expected(rows.get("min"), rows.get("max"))
    return Expected(rows, rows) if isinstance(rows, int) else Expected(1)
