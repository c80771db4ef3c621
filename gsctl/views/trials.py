"""What the tests of procedures came to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gsctl.views.tables import Listing
from reconciler.model.loading import Expected
from reconciler.trials import Trial

_COLUMNS = ("PROCEDURE", "CALL", "ROWS", "WANTED", "RESULT")


def listing(trials: Sequence[Trial]) -> Listing:
    """A row a test."""
    return Listing(_COLUMNS, [_row(trial) for trial in trials], [_plain(trial) for trial in trials])


def _row(trial: Trial) -> tuple[Any, ...]:
    given = ", ".join(f"{n}={json.dumps(v, ensure_ascii=False)}" for n, v in trial.call.items())
    result = "ok" if trial.passed else f"failed: {trial.says}" if trial.says else "failed"
    return (trial.procedure, given, trial.rows, _range(trial.wanted), result)


def _range(wanted: Expected) -> str:
    low, high = wanted.min, wanted.max
    if low == high:
        return f"{low}"
    told = [f"at least {low}"] if low is not None else []
    told += [f"at most {high}"] if high is not None else []
    return ", ".join(told)


def _plain(trial: Trial) -> dict[str, Any]:
    wanted = {"min": trial.wanted.min, "max": trial.wanted.max}
    return {"procedure": trial.procedure, "call": dict(trial.call), "rows": trial.rows,
            "wanted": wanted, "passed": trial.passed, "says": trial.says}  # fmt: skip
