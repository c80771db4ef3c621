"""What the coordinator's pages say of a plan: the command line's own sentences, without colour."""

from __future__ import annotations

from gsctl.views.estimates import cost_line
from gsctl.views.guards import policy_lines
from gsctl.views.plan import summary_line
from gsctl.views.problems import problem_text
from gsctl.views.rows import rows_of, sign
from gsctl.views.text import Paint
from reconciler.model.change import Change
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.server.desk import Phrases

_PLAIN = Paint()


def phrases() -> Phrases:
    """All of them."""
    return Phrases(_row, cost_line, summary_line, _problem, _policies)


def _row(change: Change) -> tuple[str, tuple[str, ...]]:
    return sign(change.action)[0], tuple(rows_of(change, _PLAIN))


def _problem(problem: Problem) -> str:
    return problem_text(problem, _PLAIN)


def _policies(plan: Plan) -> tuple[str, ...]:
    return tuple(policy_lines(plan))
