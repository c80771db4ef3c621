"""What documents say of each other, checked with nothing but them and the engines' traits.

Codes: RF102 no such engine or graph, RF103 a circle of needs, RF104 no such thing in dependsOn,
SC112 what this version does not do yet, PR107 the engine does not run the language.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from operator import attrgetter

from reconciler.model.key import Key
from reconciler.model.kinds import EngineSpec, GraphSpec, LoadSpec, ProcedureSpec, ProjectSpec
from reconciler.model.nearest import did_you_mean
from reconciler.model.policy import PolicySpec
from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Resource
from reconciler.model.tenant import TenantSpec
from reconciler.model.traits import Traits
from reconciler.source.complaint import complaint
from reconciler.source.engine_checks import check_engine, complete_engine
from reconciler.source.graph_checks import check_graph, check_ports, check_relays
from reconciler.source.load_checks import check_feeding, check_load
from reconciler.source.policy_checks import check_policy
from reconciler.source.tenant_checks import check_tenant, check_told

MOST_CIRCLES = 20
# A renamed engine breaks thousands of references; nobody reads a hint for each.
MOST_HINTS = 200
# The order of keys; comparing them as dataclasses takes five times as long.
KEY_ORDER = attrgetter("tenant", "kind", "name")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document is checked against.

    `declared` are the keys of all documents, the invalid ones among them: a reference to one of
    those is right, and its mistakes are told where they are.
    """

    declared: frozenset[Key]
    traits: Mapping[str, Traits]
    substrate: str = "local"


def connect(
    resources: Mapping[Key, Resource], around: Surroundings
) -> tuple[Mapping[Key, Resource], tuple[Problem, ...]]:
    """The resources with engine defaults and `needs` filled in, and every broken tie.

    One pass over the resources and one over their needs.
    """
    links = _Links(resources, around)
    connected = {key: links.connect(resources[key]) for key in sorted(resources, key=KEY_ORDER)}
    graphs = [r for r in connected.values() if r.key.kind == "Graph"]
    loads = [r for r in connected.values() if r.key.kind == "Load"]
    problems = (*links.problems, *check_ports(graphs), *check_relays(connected),
                *check_feeding(loads), *check_told(connected), *_circles(connected))  # fmt: skip
    return connected, problems


def _unserved(resource: Resource) -> Iterator[Problem]:
    """What the contract knows and this version does not do: said, never passed over."""
    metadata, hint = resource.metadata, "leave it out for now"
    if metadata.adopt and resource.key.kind not in ("Engine", "Graph"):
        says = f"a {resource.key.kind} is not taken over by itself, but with its graph: `adopt`"
        yield complaint(resource, ("metadata", "adopt"), ("SC112", says, hint))
    if metadata.renamed_from and resource.key.kind != "Graph":
        says = f"this version does not rename a {resource.key.kind}: `renamedFrom`"
        yield complaint(resource, ("metadata", "renamedFrom"), ("SC112", says, hint))


class _Links:
    """Follows the references of one resource after the other."""

    def __init__(self, resources: Mapping[Key, Resource], around: Surroundings) -> None:
        self.resources = resources
        self.around = around
        self.problems: list[Problem] = []
        self.hints = 0
        self.names: dict[tuple[str, str], list[str]] = {}
        for key in sorted(around.declared, key=KEY_ORDER):
            self.names.setdefault((key.tenant, key.kind), []).append(key.name)

    def connect(self, resource: Resource) -> Resource:
        """`resource`, completed; problems are noted."""
        spec = resource.spec
        needs: set[Key] = set()
        self.problems += _unserved(resource)
        if isinstance(spec, ProjectSpec):
            return resource
        if isinstance(spec, PolicySpec):
            self.problems += check_policy(resource, self.around.declared)
            return resource
        if isinstance(spec, TenantSpec):
            self.problems += check_tenant(resource, spec)
            return resource
        if isinstance(spec, EngineSpec):
            self.problems += check_engine(resource, self.around.traits)
            if known := self.around.traits.get(spec.type):
                resource = complete_engine(resource, known, self.around.substrate)
        elif isinstance(spec, GraphSpec):
            needs.add(self._refer(resource, "engine", "Engine", spec.engine))
            self.problems += check_graph(resource, self._traits(resource.key, spec))
        else:
            key = self._refer(resource, "graph", "Graph", spec.graph)
            needs.add(key)
            self.problems += self._check_on_graph(resource, spec, key)
        for index, text in enumerate(spec.depends_on):
            needs.add(self._depend(resource, index, text))
        return replace(resource, needs=frozenset(needs & self.around.declared))

    def _check_on_graph(
        self, resource: Resource, spec: LoadSpec | ProcedureSpec, graph_key: Key
    ) -> Iterator[Problem]:
        graph = self.resources.get(graph_key)
        if graph is None or not isinstance(graph.spec, GraphSpec):
            return
        if isinstance(spec, LoadSpec):
            yield from check_load(resource, graph.spec)
            return
        traits = self._traits(resource.key, graph.spec)
        if traits and spec.language not in traits.procedures:
            says = f"{traits.type} runs no procedures in {spec.language}"
            hint = did_you_mean(spec.language, traits.procedures)
            yield complaint(resource, ("spec", "language"), ("PR107", says, hint))

    def _traits(self, key: Key, graph: GraphSpec) -> Traits | None:
        engine = self.resources.get(key.sibling("Engine", graph.engine))
        if engine is None or not isinstance(engine.spec, EngineSpec):
            return None
        return self.around.traits.get(engine.spec.type)

    def _refer(self, resource: Resource, field: str, kind: str, name: str) -> Key:
        key = resource.key.sibling(kind, name)
        if key not in self.around.declared:
            says = f"there is no {kind} `{name}`"
            hint = self._hint(key)
            self.problems.append(complaint(resource, ("spec", field), ("RF102", says, hint)))
        return key

    def _depend(self, resource: Resource, index: int, text: str) -> Key:
        kind, _, name = text.partition("/")
        key = resource.key.sibling(kind, name)
        if key not in self.around.declared:
            says = f"there is no `{text}` to depend on"
            path: Path = ("spec", "dependsOn", index)
            self.problems.append(complaint(resource, path, ("RF104", says, self._hint(key))))
        return key

    def _hint(self, key: Key) -> str:
        self.hints += 1
        if self.hints > MOST_HINTS:
            return ""
        return did_you_mean(key.name, self.names.get((key.tenant, key.kind), ()))


def _circles(resources: Mapping[Key, Resource]) -> Iterator[Problem]:
    """Circles of needs, each told once, at its first member. Each costs a pass over all needs."""
    needs = {key: set(resource.needs) for key, resource in resources.items()}
    for _ in range(MOST_CIRCLES):
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            circle: list[Key] = error.args[1][:-1]
        else:
            return
        first = min(circle)
        at = circle.index(first)
        order = [*circle[at:], *circle[:at], first]
        if order[1] not in needs[first]:
            order.reverse()  # graphlib lists whom a member is needed by
        says = f"these need each other: {' -> '.join(str(key) for key in order)}"
        path = _where(resources[first], order[1])
        yield complaint(resources[first], path, ("RF103", says, "drop one `dependsOn`"))
        needs[first].discard(order[1])


def _where(resource: Resource, needed: Key) -> Path:
    listed: Iterable[str] = getattr(resource.spec, "depends_on", ())
    for index, text in enumerate(listed):
        if text == f"{needed.kind}/{needed.name}":
            return ("spec", "dependsOn", index)
    return ("spec",)
