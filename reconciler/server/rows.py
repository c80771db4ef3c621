"""Rows out of a graph, for the API: so many at most, within so many seconds, as JSON has them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.contracts import Driver, StepFailed, Table, Unanswered
from reconciler.model.observed import LiveGraph
from reconciler.server.refusal import Refusal, refused


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may come back, and how long it may take."""

    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its bounds."""

    text: str
    given: Mapping[str, Any]
    bounds: Bounds
    write: bool = False

    def of(self, driver: Driver, graph: LiveGraph) -> Table:
        """Ask. Raises Refusal."""
        begun, within_s = time.monotonic(), self.bounds.seconds
        try:
            return driver.query(graph, self.text, self.given, write=self.write,
                                limit=self.bounds.rows, within_s=within_s)  # fmt: skip
        except StepFailed as error:
            raise Refusal(422, *error.problems) from error
        except Unanswered as error:
            if time.monotonic() - begun >= within_s:
                says = f"no answer within {within_s:g} s: nobody waits for it any more"
                raise refused(504, "HT109", says, "ask for less, or give it longer") from error
            raise refused(503, "ST100", str(error)) from error


def plain(table: Table) -> dict[str, Any]:
    """As `query --json` has it; `more`: there are rows beyond the bound."""
    rows = [[_finite(value) for value in row] for row in table.rows]
    return {"columns": list(table.columns), "rows": rows, "more": table.more}


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are told as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return value
