"""Which types and properties a query speaks of: what a change of them reaches."""

from __future__ import annotations

from reconciler.queries.fault import Fault
from reconciler.queries.syntax import parse
from reconciler.queries.uses import uses


def touched(query: str) -> frozenset[tuple[str, str]]:
    """`(type, property)` of each property, `(type, "")` of each type.

    The type is empty where any may be meant. Nothing for what is no query.
    """
    tree = parse(query)
    if isinstance(tree, Fault):
        return frozenset()
    found: set[tuple[str, str]] = set()
    for use in uses(tree):
        if use.sort in ("vertex", "edge"):
            found.add((use.name, ""))
        elif use.sort == "property":
            labels = use.of.labels if use.of and use.of.labels else frozenset({""})
            found |= {(label, use.name) for label in labels}
    return frozenset(found)
