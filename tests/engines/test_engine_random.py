"""Random histories of wishes on real engines: what the planner's laws say of a world in memory, and
that the engine's own rows are those of the files, value by value."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import lease as leases
from reconciler.contracts import Floor
from reconciler.engines import ladybug, neug
from reconciler.executor import Execution, execute
from reconciler.holder import Holder
from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.key import Key, Owner
from reconciler.model.loading import Column, DataFile, LoadOptions, LoadWish, TypeLoad, TypeSource
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Plan, Request
from reconciler.model.policy import Guard
from reconciler.model.resource import Project
from reconciler.model.traits import Traits
from reconciler.model.wish import EngineWish, GraphWish, Place, Settings
from reconciler.observe import Spot, observe
from reconciler.planner import World, make_plan, needing_rows
from reconciler.root import Root
from reconciler.substrates.local import LocalSubstrate

ENGINES = {"neug": neug, "ladybug": ladybug}
OWNER = Owner("random", "default", "abcdefgh")
ENGINE = Key("default", "Engine", "main")
GRAPH = Key("default", "Graph", "g")
TYPES = ("int64", "int32", "string", "string(300)", "double", "bool", "date", "timestamp")


def value(type_: str, seed: int) -> str:
    """A value of a type as a CSV file has it."""
    return {
        "int64": str(seed * 10**10), "int32": str(-seed), "string": f'ä,"{seed}\n' + "x" * seed * 90,
        "string(300)": "y" * seed, "double": f"{seed}.5", "bool": "true" if seed % 2 else "false",
        "date": f"2024-02-{seed % 28 + 1:02}", "timestamp": f"2024-02-01 03:04:{seed % 60:02}",
    }[type_]  # fmt: skip


def read_back(type_: str, text: str) -> object:
    """What the engine gives for it."""
    if type_ in ("int64", "int32"):
        return int(text)
    if type_ == "double":
        return float(text)
    return text == "true" if type_ == "bool" else text


@dataclass
class Files:
    """Writes the files of a wish, each by its content."""

    folder: Path
    rows: dict[str, list[list[str]]] = field(default_factory=dict)

    def write(self, name: str, columns: list[str], rows: list[list[str]]) -> DataFile:
        import csv
        import io

        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([columns, *rows])
        data = text.getvalue().encode()
        digest = sha256(data).hexdigest()
        path = self.folder / f"{digest[:16]}.csv"
        path.write_bytes(data)
        self.rows[digest] = rows
        return DataFile(f"{name}.csv", len(data), digest, str(path))


@st.composite
def catalogs(draw) -> Catalog:
    def properties() -> dict[str, str]:
        chosen = draw(st.sets(st.sampled_from(["a", "b", "Null_", "order"]), max_size=3))
        return {n: draw(st.sampled_from(TYPES)) for n in sorted(chosen)}

    vertices = {
        name: VertexTable("k", {"k": draw(st.sampled_from(["int64", "string"])), **properties()})
        for name in sorted(draw(st.sets(st.sampled_from(["P", "Match"]), min_size=1)))
    }
    ends = st.sampled_from(sorted(vertices))
    edges = {
        name: EdgeTable(((draw(ends), draw(ends)),), properties())
        for name in sorted(draw(st.sets(st.sampled_from(["E", "RETURN"]))))
    }
    return Catalog(vertices, edges)


@st.composite
def contents(draw, catalog: Catalog) -> dict[str, tuple[int, int]]:
    """For each type how many rows, and the seed of their values."""
    return {t: (draw(st.integers(1, 3)), draw(st.integers(1, 4))) for t, _ in catalog.types()}


@dataclass
class Bench:
    """A driver on a floor of its own."""

    root: Root
    driver: object
    substrate: LocalSubstrate
    files: Files
    type: str
    mode: str

    @property
    def traits(self) -> Traits:
        return self.driver.traits

    def wish(self, catalog: Catalog, content: dict[str, tuple[int, int]]) -> GraphWish:
        place = Place("local", str(self.root.engine_dir("default", "default", "main")))
        engine = EngineWish(ENGINE, self.type, self.traits.versions[0], self.mode, place)
        types = []
        for type_, element in catalog.types():
            count, seed = content[type_]
            properties = dict(catalog.properties(type_))
            ends = ["from", "to"] if element == "edge" else []
            columns = [*ends, *properties]
            rows = [self.row(catalog, type_, element, n, seed) for n in range(count)]
            file = self.files.write(type_, columns, rows)
            found = {p: Column(p, i + len(ends)) for i, p in enumerate(properties)}
            pair = catalog.edges[type_].pairs[0] if ends else None
            both = (Column("from", 0), Column("to", 1)) if ends else None
            types.append(
                TypeLoad(type_, element, (TypeSource((file,), len(columns), found, pair, both),))
            )
        load = LoadWish(
            Key("default", "Load", "all"), GRAPH, "replace", LoadOptions(), tuple(types)
        )
        return GraphWish(GRAPH, OWNER, engine, catalog, Settings(keep_previous_s=3600), (load,))

    def row(self, catalog: Catalog, type_: str, element: str, n: int, seed: int) -> list[str]:
        properties = catalog.properties(type_)
        if element == "vertex":
            return [str(n) if p == "k" else value(t, seed + n) for p, t in properties.items()]
        return ["0", "0", *(value(t, seed + n) for t in properties.values())]

    def look(self, wish: GraphWish) -> Snapshot:
        spot = Spot(ENGINE, self.type, wish.engine.place)
        return observe([spot], {self.type: self.driver}, self.substrate.units,
                       lambda p: Path(p.location).is_dir(), time.time())  # fmt: skip

    def plan(self, wish: GraphWish) -> Plan:
        live = self.look(wish)
        world = World(Project(OWNER, Guard(), "local"), {ENGINE: wish.engine}, {GRAPH: wish}, live,
                      {self.type: self.traits}, Request())  # fmt: skip
        plan = make_plan(world)
        if needing_rows(plan, live):
            counted = {k: self.driver.count(g) for k, g in live.graphs.items()}
            from dataclasses import replace

            plan = make_plan(replace(world, live=replace(live, graphs=counted)))
        return plan

    def apply(self, wish: GraphWish) -> None:
        plan = self.plan(wish)
        run = Execution(lambda _: self.driver, lambda _: None, 1, threading.Event())
        outcome = execute((*plan.steps, *plan.housekeeping), run)
        assert outcome.ok, outcome

    def rows(self, wish: GraphWish, type_: str) -> list[tuple[object, ...]]:
        graph = self.look(wish).graphs[GRAPH]
        properties = list(wish.catalog.properties(type_))
        if type_ in wish.catalog.vertices:
            match, v = f"MATCH (n:`{type_}`)", "n"
        else:
            a, b = wish.catalog.edges[type_].pairs[0]
            match, v = f"MATCH (:`{a}`)-[n:`{type_}`]->(:`{b}`)", "n"
        said = ", ".join(f"{v}.`{p}` AS c{i}" for i, p in enumerate(properties)) or "1 AS c"
        table = self.driver.query(graph, f"{match} RETURN {said}", {}, write=False, limit=100)
        return sorted(table.rows, key=repr)


@pytest.fixture(
    scope="module", params=["neug embedded", "neug served", "ladybug embedded", "ladybug served"]
)
def floor(request, tmp_path_factory) -> Iterator[Bench]:
    type_, mode = request.param.split()
    python = request.getfixturevalue(f"{type_}_python")
    folder = tmp_path_factory.mktemp("random")
    root = Root.open(folder / "root")
    root.environment_dir("default").mkdir()
    substrate = LocalSubstrate(root, OWNER)
    with leases.acquire(root.lease_file("default"), Holder.here("test")) as lease:
        made = ENGINES[type_].driver(Floor(OWNER, substrate, root.id, root.path, root.scratch_dir("default"),
                            root.lease_file("default"), lease.check, lambda _: python))  # fmt: skip
        (folder / "data").mkdir()
        yield Bench(root, made, substrate, Files(folder / "data"), type_, mode)
        for unit in substrate.units():
            substrate.stop(unit, 5)
        made.close()


@pytest.mark.engine
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_wish_after_any_other_is_reached_with_the_rows_of_its_files(floor: Bench, data) -> None:
    for _ in range(2):
        catalog = data.draw(catalogs())
        wish = floor.wish(catalog, data.draw(contents(catalog)))
        floor.apply(wish)
        again = floor.plan(wish)
        assert again.changes == ()
        assert again.steps == ()
        for content in wish.loads[0].types:
            types = list(catalog.properties(content.type).values())
            skip = 2 if content.element == "edge" else 0
            rows = floor.files.rows[content.sources[0].files[0].sha256]
            expected = [tuple(read_back(t, v) for t, v in zip(types, row[skip:], strict=True))
                        or (1,) for row in rows]  # fmt: skip
            assert floor.rows(wish, content.type) == sorted(expected, key=repr)
