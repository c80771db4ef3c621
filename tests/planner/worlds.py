"""Random wishes: a small alphabet, so that histories meet themselves again."""

from __future__ import annotations

from hypothesis import strategies as st

from reconciler.engines.neug import TRAITS
from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.key import Key, Owner
from reconciler.model.loading import Column, DataFile, LoadOptions, LoadWish, TypeLoad, TypeSource
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan, Request
from reconciler.model.policy import Guard
from reconciler.model.record import ProcedureRecord
from reconciler.model.resource import Project
from reconciler.model.wish import EngineWish, GraphWish, Place, Settings
from reconciler.planner import World, make_plan

OWNER = Owner("p", "default", "abcdefgh")
ENGINE = Key("default", "Engine", "main")
GRAPH = Key("default", "Graph", "g")
PROJECT = Project(OWNER, Guard(), "local")


def engine(mode: str = "served") -> EngineWish:
    return EngineWish(ENGINE, "neug", "0.3.0", mode, Place("local", "/somewhere"))


@st.composite
def catalogs(draw) -> Catalog:
    def properties(names: str) -> dict[str, str]:
        chosen = draw(st.sets(st.sampled_from(names)))
        return {
            n: draw(st.sampled_from(["int64", "string", "string(300)"])) for n in sorted(chosen)
        }

    vertices = {
        name: VertexTable(
            "k", {"k": draw(st.sampled_from(["int64", "string"])), **properties("ab")}
        )
        for name in sorted(draw(st.sets(st.sampled_from("PQ"), min_size=1)))
    }
    ends = st.sampled_from(sorted(vertices))
    edges = {
        name: EdgeTable(((draw(ends), draw(ends)),), properties("ab"))
        for name in sorted(draw(st.sets(st.sampled_from("EF"))))
    }
    return Catalog(vertices, edges)


def file(name: str, content: int) -> DataFile:
    return DataFile(f"{name}.csv", content, f"{name}{content}")


@st.composite
def loads(draw, catalog: Catalog) -> tuple[LoadWish, ...]:
    """Each type is fed by one replacing load, by appending ones, or by none."""
    found = []
    for type_, element in catalog.types():
        feeding = draw(st.sampled_from(["none", "replace", "append"]))
        if feeding == "none":
            continue
        count = draw(st.integers(1, 2)) if feeding == "append" else 1
        files = tuple(file(f"{type_}{n}", draw(st.integers(1, 2)) if feeding == "replace" else 1)
                      for n in range(count))  # fmt: skip
        columns = {p: Column(p, i) for i, p in enumerate(catalog.properties(type_))}
        ends = (Column("from", 8), Column("to", 9)) if element == "edge" else None
        pair = catalog.edges[type_].pairs[0] if element == "edge" else None
        source = TypeSource(files, 10, columns, pair, ends)
        found.append(LoadWish(Key("default", "Load", f"{feeding}-{type_}"), GRAPH, feeding,
                              LoadOptions(), (TypeLoad(type_, element, (source,)),)))  # fmt: skip
    return tuple(found)


@st.composite
def wishes(
    draw, mode: str | None = None, strategies: tuple[str, ...] = ("auto", "blue-green")
) -> GraphWish:
    catalog = draw(catalogs())
    procedures = {
        name: ProcedureRecord("cypher", draw(st.sampled_from(["RETURN 1", "RETURN 2"])))
        for name in sorted(draw(st.sets(st.sampled_from(["one", "two"]))))
    }
    settings = Settings(keep_previous_s=draw(st.sampled_from([0, 100])),
                        strategy=draw(st.sampled_from(strategies)),
                        relay=draw(st.booleans()))  # fmt: skip
    chosen = mode or draw(st.sampled_from(["served", "embedded"]))
    return GraphWish(
        GRAPH, OWNER, engine(chosen), catalog, settings, draw(loads(catalog)), procedures
    )


def plan(wish: GraphWish | None, live: Snapshot, request: Request | None = None) -> Plan:
    engines = {ENGINE: wish.engine} if wish else {}
    graphs = {wish.key: wish} if wish else {}
    return make_plan(World(PROJECT, engines, graphs, live, {"neug": TRAITS}, request or Request()))
