"""Everything that is wished or lives, with its status: for `get`, `describe` and `status`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from reconciler.api import Api, Planned
from reconciler.contracts import StepFailed, Unanswered
from reconciler.kept import Before, Kept
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.problem import Problem, errors
from reconciler.model.record import ProcedureRecord
from reconciler.model.tenant import Share
from reconciler.model.waiting import Waits
from reconciler.planner import engine_wishes
from reconciler.planner.scene import Scene
from reconciler.things import Endpoint, Thing, things_of


class NoProject(RuntimeError):
    """The Project cannot be read, so nobody knows whose things to look at."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("the project cannot be read")
        self.problems = problems


def seen(api: Api) -> Snapshot:
    """The live side, also while some documents are wrong. Raises NoProject."""
    desired = api.desired
    if desired.project is None:
        raise NoProject(desired.problems)
    wishes = {} if errors(desired.problems) else engine_wishes(desired, api.place_of)
    return api.observe(wishes)


def look(api: Api, *, count: bool = True) -> tuple[Planned, tuple[Thing, ...]]:
    """Everything, in key order. With errors in the documents only what lives, beside them.

    `count` asks each engine for its rows: one query a type. Raises NoProject.
    """
    return Looks().shown(api, api.plan(), partial(_counted, api) if count else _as_seen)


class Looks:
    """Shows the plans of one environment, one after another. For one thread.

    Nothing is derived a second time of what is the very same.
    """

    def __init__(self) -> None:
        self._things: Kept[tuple[Thing, ...]] = Kept()
        self._waits: Before[Waits] = Before()
        self._shares: Before[tuple[Share, ...]] = Before()

    def shown(
        self, api: Api, planned: Planned, count: Callable[[Snapshot], Snapshot], *,
        acting: bool = False, waits: Waits | None = None,
    ) -> tuple[Planned, tuple[Thing, ...]]:  # fmt: skip
        """As `look`, of a plan that was made before.

        `count` adds rows to what was seen. `acting`: it is being done at this moment. `waits`: what
        the loop leaves alone for a while.
        """
        if not planned.plan.fingerprint:
            planned = replace(planned, live=seen(api))
        live, desired = count(planned.live), planned.desired
        scene = Scene(planned.engines, planned.graphs, live, planned.plan,
                      acting or planned.writer is not None,
                      self._waits.or_new(waits or {}))  # fmt: skip
        shares = self._shares.or_new(api.shares(live))
        things = self._things.get(
            lambda: things_of(scene, desired, shares, _endpoints(api, live)),
            api, desired, shares, scene.engines, scene.graphs, scene.plan, scene.writing,
            scene.waiting, live.engines, live.graphs, live.unknown, live.twins)  # fmt: skip
        return replace(planned, live=live), things


def engine_type(live: Snapshot, graph: LiveGraph) -> str:
    """The engine type that keeps a live graph; empty where its mark does not say."""
    engine = live.engines.get(graph.engine)
    return str(engine.spec.get("type", "")) if engine else ""


def applied(live: Snapshot) -> Iterator[tuple[Key, LiveGraph, ProcedureRecord]]:
    """Every procedure of a graph of ours that answers, by graph and name."""
    for key, graph in sorted(live.graphs.items()):
        record = graph.serving.record if graph.ours and graph.serving else None
        for name, procedure in sorted(record.procedures.items()) if record else ():
            yield key.sibling("Procedure", name), graph, procedure


def counted(api: Api, live: Snapshot, graph: LiveGraph) -> LiveGraph:
    """A graph with its rows: one query a type. As it was where nobody can count.

    Its phase tells why then; its counts stay unknown.
    """
    driver = api.driver(engine_type(live, graph)) if graph.serving else None
    if driver is None or (graph.serving and graph.serving.rows is not None):
        return graph
    try:
        return driver.count(graph)
    except (Unanswered, StepFailed):
        return graph


def _counted(api: Api, live: Snapshot) -> Snapshot:
    graphs = {key: counted(api, live, graph) for key, graph in live.graphs.items()}
    return replace(live, graphs=graphs)


def _as_seen(live: Snapshot) -> Snapshot:
    return live


def _endpoints(api: Api, live: Snapshot) -> Endpoint:
    def find(graph: LiveGraph) -> str | None:
        driver = api.driver(engine_type(live, graph))
        found = driver.endpoint(graph) if driver else None
        return found.address if found else None

    return find
