"""A fault of a query, apart from any file: the same for every procedure with that text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from reconciler.model.problem import Severity

LABEL, EDGE, PROPERTY, PARAMETER, SYNTAX, REFUSED, WRITES = (
    "PR101", "PR102", "PR103", "PR105", "PR106", "PR107", "PR108",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and with which name.

    `start` counts the characters of the query before it; None for the query as a whole.
    `declared` names the declared parameter that it is about, instead of a part of the query.
    """

    code: str
    summary: str
    hint: str = ""
    name: str = ""
    start: int | None = None
    declared: str = ""
    severity: Severity = "error"

    def plain(self) -> list[Any]:
        """As JSON-ready values, in the order of the fields."""
        return list(astuple(self))

    @classmethod
    def from_plain(cls, data: Sequence[Any]) -> Fault:
        """The inverse of `plain`. Raises TypeError for what is no fault."""
        return cls(*data)
