"""What a query uses, against the types of its graph and the parameters of its procedure.

Names are compared without case, as the most lenient engine does: an engine that tells cases apart
says so itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.catalog import Catalog
from reconciler.model.nearest import did_you_mean
from reconciler.queries.fault import EDGE, LABEL, PARAMETER, PROPERTY, WRITES, Fault
from reconciler.queries.uses import Binding, Use

_ELEMENTS = {"vertex": (LABEL, "a vertex type", "edge"), "edge": (EDGE, "an edge type", "vertex")}
_READ_ONLY = "a procedure only reads: declare rows with a Load, or use `gsctl query --write`"


def misfits(
    found: Iterable[Use], catalog: Catalog, parameters: Mapping[str, str]
) -> Iterator[Fault]:
    """The faults of a query in the order of its text, each name once."""
    schema = _Schema(catalog)
    uses = tuple(found)
    seen: set[tuple[str, str]] = set()
    for use in uses:
        if use.sort == "parameter":
            fault = _undeclared(use, parameters)
        elif use.sort == "write":
            says = f"the query writes: `{use.name}`"
            fault = Fault(WRITES, says, _READ_ONLY, use.name, use.start)
        else:
            fault = schema.misfit(use)
        if fault and (fault.code, fault.summary) not in seen:
            seen.add((fault.code, fault.summary))
            yield fault
    yield from unused(uses, parameters)


def unused(uses: Iterable[Use], parameters: Mapping[str, str]) -> Iterator[Fault]:
    """A warning for each declared parameter that the query does not use."""
    used = {use.name for use in uses if use.sort == "parameter"}
    for name in parameters:
        if name not in used:
            says = f"the query does not use the parameter `{name}`"
            hint = f"write `${name}` in it, or remove the parameter"
            yield Fault(PARAMETER, says, hint, name, declared=name, severity="warning")


def _undeclared(use: Use, parameters: Mapping[str, str]) -> Fault | None:
    if use.name in parameters:
        return None
    says = f"the parameter `{use.name}` is not declared"
    hint = did_you_mean(use.name, parameters) or f"add `{use.name}: <type>` to `parameters`"
    return Fault(PARAMETER, says, hint, use.name, use.start)


class _Schema:
    """The types of a graph, by their names without case."""

    def __init__(self, catalog: Catalog) -> None:
        self._types: dict[str, dict[str, tuple[str, frozenset[str]]]] = {"vertex": {}, "edge": {}}
        for name, element in catalog.types():
            properties = frozenset(catalog.properties(name))
            self._types[element][name.casefold()] = (name, properties)

    def misfit(self, use: Use) -> Fault | None:
        """The fault of a label or a property, if it is one."""
        if use.sort == "property":
            return self._property(use, use.of) if use.of else None
        code, what, other = _ELEMENTS[use.sort]
        folded = use.name.casefold()
        if folded in self._types[use.sort]:
            return None
        says = f"`{use.name}` is not {what} of the graph"
        if folded in self._types[other]:
            hint = f"it is {_ELEMENTS[other][1]}"
        else:
            hint = did_you_mean(use.name, (name for name, _ in self._types[use.sort].values()))
        return Fault(code, says, hint, use.name, use.start)

    def _property(self, use: Use, of: Binding) -> Fault | None:
        types = self._types[of.element]
        if any(label.casefold() not in types for label in of.labels):
            return None  # of a type that is not there nothing more can be said
        owners = [types[key] for key in sorted({label.casefold() for label in of.labels} or types)]
        known = {name for _, properties in owners for name in properties}
        if use.name.casefold() in {name.casefold() for name in known}:
            return None
        what = _ELEMENTS[of.element][1].removeprefix("a ").removeprefix("an ")
        if len(owners) == 1 and of.labels:
            says = f"`{owners[0][0]}` has no property `{use.name}`"
        elif of.labels:
            says = f"none of {', '.join(name for name, _ in owners)} has a property `{use.name}`"
        else:
            says = f"no {what} has a property `{use.name}`"
        return Fault(PROPERTY, says, did_you_mean(use.name, known), use.name, use.start)
