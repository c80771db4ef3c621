"""Problems about a part of a resource."""

from __future__ import annotations

from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Resource


def complaint(
    resource: Resource, path: Path, says: tuple[str, str, str], *, key: bool = False
) -> Problem:
    """An error about `path` of a resource; `says` are its code, its summary and its hint."""
    code, summary, hint = says
    problem = Problem("error", summary, code, hint=hint, address=str(resource.key))
    return resource.positions.problem(path, problem, key=key) if resource.positions else problem
