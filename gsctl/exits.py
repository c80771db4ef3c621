"""Exit codes, frozen in docs/exit-codes.md, and the way to end a command early."""

from __future__ import annotations

from enum import IntEnum

from reconciler.model.problem import Problem


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0  # done, or as desired
    FAILED = 1  # error, partial failure, or nobody could be asked
    PENDING = 2  # `plan --detailed-exitcode`: changes
    REFUSED = 3  # before the first write: guard, destruction or lease
    CHANGED = 4  # the world changed since the plan
    INTERRUPTED = 130


class Stop(Exception):
    """Ends a command with complaints that a person can act on."""

    def __init__(self, *problems: Problem, code: Exit = Exit.FAILED) -> None:
        super().__init__("; ".join(problem.summary for problem in problems))
        self.problems = problems
        self.code = code


def complain(says: str, code: str = "", hint: str = "", *, exit_: Exit = Exit.FAILED) -> Stop:
    """A Stop with one error."""
    return Stop(Problem("error", says, code, hint=hint), code=exit_)
