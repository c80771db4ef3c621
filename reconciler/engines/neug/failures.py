"""What went wrong with a graph, as values that a person can act on."""

from __future__ import annotations

from reconciler.contracts import StepFailed
from reconciler.engines.neug.client import Refused
from reconciler.model.problem import Problem
from reconciler.model.step import GraphAt


def failed(graph: GraphAt, code: str, says: str, hint: str = "") -> StepFailed:
    """A failure of a step on `graph`."""
    key = str(graph.key)
    return StepFailed(Problem("error", f"{key}: {says}", code, hint=hint, address=key))


def refused(graph: GraphAt, error: Refused) -> StepFailed:
    """The engine's own refusal, as such a failure."""
    return failed(graph, "NE100", f"the engine refuses: {error}")
