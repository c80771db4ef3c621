"""PR: procedures that read more than they need, or answer what nobody checks."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.lint.rule import Finding, Rule
from reconciler.lint.subject import Subject
from reconciler.model.resource import Path, Resource

_QUERY: Path = ("spec", "query")


def _in_query(resource: Resource, start: int | None, says: str, hint: str) -> Finding:
    return Finding(resource, _QUERY, says, hint, start=start)


def untested(subject: Subject) -> Iterator[Finding]:
    """PR301: nothing tells whether it answers, before a switch."""
    for resource, procedure in subject.procedures:
        if not procedure.tests:
            says = f"nothing tests `{resource.key.name}` before it is served"
            hint = "add `tests: [{call: {…}, rows: {min: 1}}]`"
            yield Finding(resource, ("metadata", "name"), says, hint, key=False)


def every_pair(subject: Subject) -> Iterator[Finding]:
    """PR302: patterns that nothing joins: each match of one with each of the other."""
    for resource, _, shape in subject.shapes:
        for start in shape.apart:
            yield _in_query(resource, start, "nothing joins this pattern to those before it",
                            "connect them by an edge, a variable or a condition")  # fmt: skip


def any_type(subject: Subject) -> Iterator[Finding]:
    """PR303: a pattern without any type reads the whole graph."""
    for resource, _, shape in subject.shapes:
        for start in shape.scans:
            yield _in_query(resource, start, "a pattern without a type reads the whole graph",
                            "name the types that are meant: `(p:Person)`")  # fmt: skip


def no_limit(subject: Subject) -> Iterator[Finding]:
    """PR304: as many rows as the graph has."""
    for resource, _, shape in subject.shapes:
        free = shape.limited is None and not shape.aggregated and not shape.lookups
        if free and shape.returned is not None:
            yield _in_query(resource, shape.returned, "the answer grows with the graph",
                            "end with LIMIT, count, or look something up")  # fmt: skip


def not_by_key(subject: Subject) -> Iterator[Finding]:
    """PR305: something is looked up, and nothing by its key: a type is read from end to end."""
    keys = {(name, vertex.key) for name, vertex in subject.spec.vertices.items()}
    for resource, _, shape in subject.shapes:
        found = [each for each in shape.lookups if each.label in subject.spec.vertices]
        if found and not any((each.label, each.property) in keys for each in found):
            first = found[0]
            key = subject.spec.vertices[first.label].key
            says = f"`{first.label}` is looked up by `{first.property}`, which is not its key"
            yield _in_query(resource, first.start, says,
                            f"all of `{first.label}` is read; its key is `{key}`")  # fmt: skip


def endless_path(subject: Subject) -> Iterator[Finding]:
    """PR306: a path of any length."""
    for resource, _, shape in subject.shapes:
        for start in shape.endless:
            yield _in_query(resource, start, "the path may have any length",
                            "say how long it may be: `*1..5`")  # fmt: skip


def asks_empty(subject: Subject) -> Iterator[Finding]:
    """PR307: a type that no Load fills is asked for: there is never an answer."""
    if not subject.fed or subject.spec.writes == "open":
        return
    declared = subject.spec.vertices.keys() | subject.spec.edges.keys()
    for resource, _, shape in subject.shapes:
        seen: set[str] = set()
        for label in shape.labels:
            if label.name in declared - subject.fed - seen:
                seen.add(label.name)
                yield _in_query(resource, label.start, f"no Load fills `{label.name}`",
                                "there is nothing to find")  # fmt: skip


def any_first(subject: Subject) -> Iterator[Finding]:
    """PR308: the first rows of no order: others each time."""
    for resource, _, shape in subject.shapes:
        if shape.limited is not None and not shape.ordered and not shape.aggregated:
            yield _in_query(resource, shape.limited, "which rows are the first is not said",
                            "add ORDER BY before LIMIT")  # fmt: skip


RULES = (
    Rule("PR105", "warning", "a parameter that the query does not use"),
    Rule("PR301", "note", "a procedure without a test", untested),
    Rule("PR302", "warning", "patterns that nothing joins", every_pair),
    Rule("PR303", "warning", "a pattern without a type", any_type),
    Rule("PR304", "note", "an answer that grows with the graph", no_limit),
    Rule("PR305", "note", "a lookup by something that is no key", not_by_key),
    Rule("PR306", "warning", "a path of any length", endless_path),
    Rule("PR307", "warning", "a query for a type that no Load fills", asks_empty),
    Rule("PR308", "note", "the first rows of no order", any_first),
)
