"""What a repository says at one moment: random engines, graphs and Policies, quickly made."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.key import Key, Owner
from reconciler.model.loading import Column, DataFile, LoadOptions, LoadWish, TypeLoad, TypeSource
from reconciler.model.policy import Guard, Rules, Select
from reconciler.model.problem import Problem
from reconciler.model.record import ProcedureRecord
from reconciler.model.resource import Project
from reconciler.model.wish import EngineWish, GraphWish, Place, Settings
from reconciler.planner.canonical import digest
from reconciler.planner.policy import Policies, PolicyWish

OWNER = Owner("p", "default", "abcdefgh")
ENGINES = [Key("default", "Engine", name) for name in ("main", "side")]
GRAPHS = [Key("default", "Graph", name) for name in "abc"]
THEIRS = Key("default", "Engine", "theirs"), Key("default", "Graph", "theirs")


@dataclass(frozen=True)
class Documents:
    """As `Desired`, as far as the loop's door asks; `broken` ones say nothing that can be read."""

    engines: Mapping[Key, EngineWish] = field(default_factory=dict)
    graphs: Mapping[Key, GraphWish] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)
    guard: Guard = field(default_factory=Guard)
    broken: bool = False

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with them."""
        return (Problem("error", "no such kind", "RF102"),) if self.broken else ()

    @property
    def revision(self) -> str:
        """The same for the same documents, also when they come back."""
        engines = [(wish.plain(), str(wish.place)) for wish in self.engines.values()]
        return digest(engines, [wish.documents for wish in self.graphs.values()],
                      repr(self.policies.wishes), self.guard.model_dump(), self.broken)  # fmt: skip

    @property
    def project(self) -> Project:
        """Whose documents they are."""
        return Project(OWNER, self.guard, "local")


def declared(chance: random.Random) -> Documents:
    """Random documents. Nothing stands in them that can never be applied, but what is not ours."""
    engines = {key: _engine(chance, key) for key in ENGINES}
    if chance.random() < 0.1:
        engines[THEIRS[0]] = _engine(chance, THEIRS[0])
    keys = chance.sample(GRAPHS, chance.choice((1, 1, 2, 2, 3)))
    keys += [THEIRS[1]] if chance.random() < 0.1 else []
    graphs: dict[Key, GraphWish] = {}
    for key in sorted(keys):
        needs = frozenset(chance.sample(sorted(graphs), 1)) if graphs and _odd(chance) else None
        graphs[key] = _graph(chance, key, engines[chance.choice(list(engines))], needs)
    used = {graph.engine.key for graph in graphs.values()}
    kept = {key: wish for key, wish in engines.items() if key in used or not _odd(chance)}
    guard = Guard(max_deletes=chance.choice((0, 10, 10)))
    return Documents(kept, graphs, _policies(chance), guard)


def changed(chance: random.Random, before: Documents) -> Documents:
    """The documents with one graph written anew, or gone."""
    graphs = dict(before.graphs)
    key = chance.choice(sorted(graphs) or GRAPHS)
    old = graphs.pop(key, None)
    engines = dict(before.engines)
    for name in ENGINES:
        engines.setdefault(name, _engine(chance, name))
    if old is None or chance.random() < 0.8:
        engine = old.engine if old and not _odd(chance) else engines[chance.choice(ENGINES)]
        graphs[key] = _graph(chance, key, engine, old.needs if old else None)
    return replace(before, engines=engines, graphs=graphs, broken=False)


def _odd(chance: random.Random) -> bool:
    return chance.random() < 0.25


def _engine(chance: random.Random, key: Key) -> EngineWish:
    folder = "moved" if chance.random() < 0.1 and key != THEIRS[0] else "somewhere"
    options = {"threads": 2} if _odd(chance) else {}
    return EngineWish(key, "neug", "0.3.0", chance.choice(("served", "served", "embedded")),
                      Place("local", f"/{folder}/{key.name}"), options=options)  # fmt: skip


def _graph(
    chance: random.Random, key: Key, engine: EngineWish, needs: frozenset[Key] | None
) -> GraphWish:
    catalog = _catalog(chance)
    procedures = {f"{key.name}-one": ProcedureRecord("cypher", f"RETURN {chance.randint(1, 2)}")}
    settings = Settings(keep_previous_s=chance.choice((0, 100)),
                        strategy=chance.choice(("auto", "auto", "blue-green")),
                        relay=chance.random() < 0.5)  # fmt: skip
    wish = GraphWish(key, OWNER, engine, catalog, settings, _loads(chance, key, catalog),
                     procedures if _odd(chance) else {}, needs=needs or frozenset())  # fmt: skip
    said = digest(catalog, settings, wish.loads, wish.procedures, engine.plain(), str(engine.place))
    return replace(wish, documents={str(key): {"spec": said}})


def _catalog(chance: random.Random) -> Catalog:
    def properties() -> dict[str, str]:
        return {n: chance.choice(("int64", "string")) for n in "ab" if chance.random() < 0.5}

    vertices = {name: VertexTable("k", {"k": chance.choice(("int64", "string")), **properties()})
                for name in sorted(chance.sample("PQ", chance.choice((1, 1, 2))))}  # fmt: skip
    ends = sorted(vertices)
    edges = {"E": EdgeTable(((chance.choice(ends), chance.choice(ends)),), properties())}
    return Catalog(vertices, edges if _odd(chance) else {})


def _loads(chance: random.Random, graph: Key, catalog: Catalog) -> tuple[LoadWish, ...]:
    """Each type is fed by a replacing load, by an appending one, or by none."""
    found = []
    for type_, element in catalog.types():
        mode = chance.choice(("replace", "replace", "append", None))
        if mode is None:
            continue
        content = chance.randint(1, 2) if mode == "replace" else 1  # what was appended stays
        file = DataFile(f"{type_}.csv", content, f"{graph.name}{type_}{content}")
        columns = {p: Column(p, i) for i, p in enumerate(catalog.properties(type_))}
        ends = (Column("from", 8), Column("to", 9)) if element == "edge" else None
        pair = catalog.edges[type_].pairs[0] if element == "edge" else None
        source = TypeSource((file,), 10, columns, pair, ends)
        name = Key("default", "Load", f"{graph.name}-{mode}-{type_}")
        found.append(LoadWish(name, graph, mode, LoadOptions(),
                              (TypeLoad(type_, element, (source,)),)))  # fmt: skip
    return tuple(found)


def _policies(chance: random.Random) -> Policies:
    if chance.random() > 0.1:
        return Policies()
    rules = Rules(chance.choice(("never", "high-risk", "always")), suspend=_odd(chance))
    names = (chance.choice(GRAPHS).name,)
    return Policies((PolicyWish(Key("default", "Policy", "p"), Select(names=names), rules),))
