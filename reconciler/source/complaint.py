"""Problems about a part of a resource."""

from __future__ import annotations

from reconciler.model.problem import Problem, Severity
from reconciler.model.resource import Path, Resource


def complaint(
    resource: Resource, path: Path, says: tuple[str, str, str], *, key: bool = False
) -> Problem:
    """An error about `path` of a resource; `says` are its code, its summary and its hint."""
    return _about(resource, path, says, "error", key=key)


def warning(resource: Resource, path: Path, says: tuple[str, str, str]) -> Problem:
    """As `complaint`, but a warning."""
    return _about(resource, path, says, "warning", key=False)


def _about(
    resource: Resource, path: Path, says: tuple[str, str, str], severity: Severity, *, key: bool
) -> Problem:
    code, summary, hint = says
    problem = Problem(severity, summary, code, hint=hint, address=str(resource.key))
    return resource.positions.problem(path, problem, key=key) if resource.positions else problem
