"""The answer to what is not done: the problems, as the command line has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from reconciler.model.problem import Problem

Spelled = Callable[[Problem], Mapping[str, Any]]


class Complaint(BaseModel):
    """One problem, as `--json` has it."""

    severity: str
    summary: str
    code: str = Field(description="stable; docs/errors.md has each")
    hint: str
    excerpt: str
    address: str
    file: str | None
    line: int | None
    column: int | None


class Complaints(BaseModel):
    """The body of every answer that is none."""

    problems: list[Complaint]


class Refusal(HTTPException):
    """Ends a request with a status and complaints that a person can act on."""

    def __init__(
        self, status: int, *problems: Problem, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, "; ".join(p.summary for p in problems), headers)
        self.problems = problems


def refused(
    status: int, code: str, says: str, hint: str = "", headers: Mapping[str, str] | None = None
) -> Refusal:
    """A Refusal with one error."""
    return Refusal(status, Problem("error", says, code, hint=hint), headers=headers)


def unseen() -> Refusal:
    """What is asked of a look before there is one."""
    return refused(503, "HT105", "nothing was looked at yet", "ask /readyz, and again",
                   {"Retry-After": "1"})  # fmt: skip


def answer(refusal: Refusal, spelled: Spelled) -> JSONResponse:
    """A refusal as JSON: `{"problems": […]}`."""
    told = {"problems": [spelled(problem) for problem in refusal.problems]}
    return JSONResponse(told, refusal.status_code, refusal.headers)
