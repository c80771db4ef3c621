"""BC: what clients of a served graph, and callers of procedures, count on."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.lint.rule import Finding, Needs, Rule
from reconciler.lint.subject import Subject
from reconciler.model.kinds import ProcedureSpec
from reconciler.model.record import ProcedureRecord
from reconciler.model.resource import Resource
from reconciler.queries.shape import shape

_WORDS = {"drop": "is dropped", "rename": "gets another name", "change": "gets another type"}
_Pair = tuple[Resource, ProcedureSpec, ProcedureRecord]


def _answers(subject: Subject) -> bool:
    return bool(subject.served and subject.before and subject.before.served)


def type_moved(subject: Subject) -> Iterator[Finding]:
    """BC101: a type that clients may ask for goes, or has another name."""
    for field in subject.fields():
        sort, what = subject.happening(field)
        if _answers(subject) and sort == "type" and what in _WORDS:
            name = field.old if what == "rename" else field.path[1]
            path = field.path if what == "rename" else field.path[:1]
            yield Finding(subject.graph, ("spec", *path), f"`{name}` {_WORDS[what]}",
                          "change clients that ask for it first")  # fmt: skip


def property_moved(subject: Subject) -> Iterator[Finding]:
    """BC102: a property that clients may ask for goes, or has another name or type."""
    for field in subject.fields():
        sort, what = subject.happening(field)
        if _answers(subject) and sort == "property" and what in _WORDS:
            name = field.old if what == "rename" else field.path[3]
            path = field.path[:2] if what == "drop" else field.path
            says = f"`{field.path[1]}.{name}` {_WORDS[what]}"
            yield Finding(subject.graph, ("spec", *path), says,
                          "change clients that ask for it first")  # fmt: skip


def procedure_gone(subject: Subject) -> Iterator[Finding]:
    """BC103: a procedure that somebody may call is not declared any more."""
    declared = {resource.key.name for resource, _ in subject.procedures}
    for name in sorted((subject.before.procedures.keys() if subject.before else set()) - declared):
        yield Finding(subject.graph, ("metadata", "name"), f"Procedure/{name} is removed",
                      "keep it until nobody calls it", key=False,
                      address=str(subject.graph.key.sibling("Procedure", name)))  # fmt: skip


def _both(subject: Subject) -> Iterator[_Pair]:
    before = subject.before.procedures if subject.before else {}
    for resource, spec in subject.procedures:
        if old := before.get(resource.key.name):
            yield resource, spec, old


def parameters_moved(subject: Subject) -> Iterator[Finding]:
    """BC104: calls that were right are not any more."""
    for resource, spec, old in _both(subject):
        for name in sorted(spec.parameters.keys() | old.parameters.keys()):
            was, is_ = old.parameters.get(name), spec.parameters.get(name)
            if was == is_:
                continue
            word = "is new" if was is None else "is gone" if is_ is None else f"was `{was}`"
            says = f"the parameter `{name}` {word}"
            yield Finding(resource, ("spec", "parameters", name), says,
                          "callers must change; one of another name spares them")  # fmt: skip


def columns_moved(subject: Subject) -> Iterator[Finding]:
    """BC105: the answer has other columns."""
    for resource, spec, old in _both(subject):
        if spec.query == old.query:
            continue
        was, now = shape(old.query).columns, shape(spec.query)
        if was is None or now.columns is None or was == now.columns:
            continue
        gone = [f"`{name}`" for name in was if name not in now.columns]
        if gone or was != now.columns[: len(was)]:
            lost = f"without {', '.join(gone)}" if gone else "in another order"
            yield Finding(resource, ("spec", "query"), f"the answer comes {lost}",
                          "name a column as it was with AS", start=now.returned)  # fmt: skip


def port_moved(subject: Subject) -> Iterator[Finding]:
    """BC106: clients that know the port do not find the graph there."""
    port, before = subject.spec.endpoint.port, subject.before
    if before and _answers(subject) and None not in (port, before.port) and port != before.port:
        says = f"the port was {before.port}"
        yield Finding(subject.graph, ("spec", "endpoint", "port"), says,
                      "tell clients the new one", key=False)  # fmt: skip


RULES = (
    Rule("BC101", "warning", "a type that clients may ask for", type_moved, needs=Needs.CHANGE),
    Rule("BC102", "warning", "a property that clients may ask for", property_moved,
         needs=Needs.CHANGE),
    Rule("BC103", "warning", "a procedure is removed", procedure_gone, needs=Needs.CHANGE),
    Rule("BC104", "warning", "a procedure's parameters are others", parameters_moved,
         needs=Needs.CHANGE),
    Rule("BC105", "warning", "a procedure's columns are others", columns_moved,
         needs=Needs.CHANGE),
    Rule("BC106", "warning", "a graph answers at another port", port_moved, needs=Needs.CHANGE),
)  # fmt: skip
