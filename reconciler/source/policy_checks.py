"""What a Policy says, as far as it can be judged without a clock and without anything live.

Codes: PO101 a path that no thing has, PO102 windows that never open, PO103 selects nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.nearest import did_you_mean
from reconciler.model.policy import IGNORABLE, PolicySpec, openings
from reconciler.model.problem import Problem
from reconciler.model.resource import Resource
from reconciler.planner.windows import opens
from reconciler.source.complaint import complaint

_A_MONDAY = 1704067200.0  # 2024-01-01, in a leap year: the calendar after it has every sort of day


def check_policy(resource: Resource, declared: Collection[Key]) -> Iterator[Problem]:
    """What is wrong with one Policy."""
    spec = resource.spec
    assert isinstance(spec, PolicySpec)
    yield from _paths(resource, spec)
    yield from _windows(resource, spec)
    yield from _names(resource, spec, declared)


def _paths(resource: Resource, spec: PolicySpec) -> Iterator[Problem]:
    kinds = [kind for kind in IGNORABLE if kind in (spec.select.kinds or IGNORABLE)]
    known = [pattern for kind in kinds for pattern in IGNORABLE[kind]]
    for index, path in enumerate(spec.ignore):
        parts = path.split(".")
        if any(fits(pattern.split("."), parts) for pattern in known):
            continue
        says = f"no {' or '.join(kinds) or 'selected thing'} has a path `{path}` to ignore"
        hint = did_you_mean(path, {_filled(pattern, parts) for pattern in known})
        yield complaint(resource, ("spec", "ignore", index), ("PO101", says, hint))


def fits(pattern: list[str], parts: list[str]) -> bool:
    """Whether a path has the form of a pattern, in which `*` stands for a name."""
    return len(pattern) == len(parts) and all(
        p == part or (p == "*" and part) for p, part in zip(pattern, parts, strict=True)
    )


def _filled(pattern: str, parts: list[str]) -> str:
    """A pattern with the names of a path, as far as they go: what was probably meant."""
    given = pattern.split(".")
    return ".".join(parts[i] if p == "*" and i < len(parts) else p for i, p in enumerate(given))


def _windows(resource: Resource, spec: PolicySpec) -> Iterator[Problem]:
    group = openings(spec)
    if group and opens((group,), _A_MONDAY) is None:
        says = "these windows never open: no change would ever be made"
        hint = "give a deny window an end before it begins again; `suspend: true` stops everything"
        yield complaint(resource, ("spec", "windows"), ("PO102", says, hint))


def _names(resource: Resource, spec: PolicySpec, declared: Collection[Key]) -> Iterator[Problem]:
    """A name that nothing has is probably a slip, and a Policy that guards nothing is no guard."""
    kinds = spec.select.kinds
    tenants = {DEFAULT_TENANT, *(key.name for key in declared if key.kind == "Tenant")}
    for index, name in enumerate(spec.select.tenants):
        if len(tenants) > 1 and name not in tenants:
            found = complaint(resource, ("spec", "select", "tenants", index),
                              ("PO103", f"there is no Tenant `{name}`",
                               did_you_mean(name, tenants)))  # fmt: skip
            yield replace(found, severity="warning")
    known = {key.name for key in declared if key.kind in (kinds or _GOVERNED)}
    for index, name in enumerate(spec.select.names):
        if not any(fnmatchcase(other, name) for other in known):
            says = f"nothing that is declared is called `{name}`"
            found = complaint(resource, ("spec", "select", "names", index),
                              ("PO103", says, did_you_mean(name, known)))  # fmt: skip
            yield replace(found, severity="warning")


_GOVERNED = ("Engine", "Graph", "Load", "Procedure")
