"""Everything that is wished or lives, with its status: for `get`, `describe` and `status`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.api import Api, Planned
from reconciler.contracts import StepFailed, Unanswered
from reconciler.model.key import DEFAULT_TENANT, Key, Owner
from reconciler.model.kinds import API_VERSION
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.problem import Problem, errors
from reconciler.model.record import FillRecord, Record
from reconciler.model.resource import Desired
from reconciler.planner import engine_wishes
from reconciler.planner.canonical import digest
from reconciler.planner.changes import graph_spec, live_spec, procedure_spec
from reconciler.planner.phase import Scene, Status, loads_of, record_of, statuses


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing with both its sides. `counts` is None where nobody could count."""

    key: Key
    status: Status
    metadata: Mapping[str, Any]
    spec: Mapping[str, Any] | None
    live: Mapping[str, Any] | None
    owner: Owner | None = None
    ours: bool = True
    endpoint: str | None = None
    copy: str | None = None
    previous: str | None = None
    loads: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] | None = None
    size_bytes: int | None = None
    place: str | None = None  # of an engine

    def plain(self) -> dict[str, Any]:
        """As `get -o json` shows it; the names are the users' contract."""
        generation = digest(self.spec) if self.spec is not None else None
        return {
            "apiVersion": API_VERSION,
            "kind": self.key.kind,
            "metadata": dict(self.metadata),
            "spec": self.spec,
            "status": {
                "phase": str(self.status.phase),
                "reason": self.status.reason,
                "message": self.status.message,
                "live": self.live,
                "conditions": [
                    {"type": c.type, "status": c.status, "reason": c.reason, "message": c.message,
                     "observedGeneration": generation}
                    for c in self.status.conditions
                ],
                "endpoint": self.endpoint,
                "copy": self.copy,
                "previousCopy": self.previous,
                "loads": dict(self.loads),
                "counts": self.counts,
                "owner": str(self.owner) if self.owner else None,
                "drift": list(self.status.drift),
            },
        }  # fmt: skip


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
    planned = api.plan()
    if not planned.plan.fingerprint:
        planned = replace(planned, live=seen(api))
    live = _counted(api, planned.live) if count else planned.live
    scene = Scene(planned.engines, planned.graphs, live, planned.plan, planned.writer is not None)
    endpoint = _endpoints(api, live)
    found = statuses(scene)
    things = [_thing(scene, planned.desired, key, status, endpoint)
              for key, status in found.items()]  # fmt: skip
    return replace(planned, live=live), tuple(things)


def engine_type(live: Snapshot, graph: LiveGraph) -> str:
    """The engine type that keeps a live graph; empty where its mark does not say."""
    engine = live.engines.get(graph.engine)
    return str(engine.spec.get("type", "")) if engine else ""


def _counted(api: Api, live: Snapshot) -> Snapshot:
    graphs = dict(live.graphs)
    for key, graph in live.graphs.items():
        driver = api.driver(engine_type(live, graph)) if graph.serving else None
        if driver is None or (graph.serving and graph.serving.rows is not None):
            continue
        try:
            graphs[key] = driver.count(graph)
        except (Unanswered, StepFailed):
            continue  # its phase tells why; its counts stay unknown
    return replace(live, graphs=graphs)


def _endpoints(api: Api, live: Snapshot) -> Callable[[LiveGraph], str | None]:
    def find(graph: LiveGraph) -> str | None:
        driver = api.driver(engine_type(live, graph))
        found = driver.endpoint(graph) if driver else None
        return found.address if found else None

    return find


def _thing(
    scene: Scene,
    desired: Desired,
    key: Key,
    status: Status,
    endpoint: Callable[[LiveGraph], str | None],
) -> Thing:
    thing = Thing(key, status, _metadata(desired, key), None, None)
    match key.kind:
        case "Engine":
            return _engine(scene, thing)
        case "Graph":
            return _graph(scene, thing, endpoint)
        case _:
            return _part(scene, desired, thing)


def _metadata(desired: Desired, key: Key) -> Mapping[str, Any]:
    plain: dict[str, Any] = {"name": key.name}
    if key.tenant != DEFAULT_TENANT:
        plain["tenant"] = key.tenant
    if resource := desired.resources.get(key):
        written = resource.metadata.model_dump(by_alias=True, exclude_defaults=True)
        plain |= {name: value for name, value in written.items() if value is not None}
    return plain


def _engine(scene: Scene, thing: Thing) -> Thing:
    wish, live = scene.engines.get(thing.key), scene.live.engines.get(thing.key)
    return replace(
        thing,
        spec=wish.plain() if wish else None,
        live=dict(live.spec) if live else None,
        owner=live.owner if live else None,
        ours=live.ours if live else True,
        place=str(live.place) if live else None,
    )


def _graph(scene: Scene, thing: Thing, endpoint: Callable[[LiveGraph], str | None]) -> Thing:
    wish, live = scene.graphs.get(thing.key), scene.live.graphs.get(thing.key)
    thing = replace(thing, spec=graph_spec(wish) if wish else None)
    if live is None:
        return thing
    counts = live.serving.rows if live.serving else None
    return replace(
        thing,
        live=live_spec(live),
        owner=live.owner,
        ours=live.ours,
        endpoint=endpoint(live),
        copy=live.pointer.copy if live.pointer else None,
        previous=live.previous.id if live.previous else None,
        loads=_loads(live),
        counts=dict(counts) if counts is not None else None,
        size_bytes=sum(copy.size_bytes for copy in live.copies.values()),
    )


def _loads(live: LiveGraph) -> Mapping[str, Any]:
    """The loads on record: rows, files, and since when their rows answer, where that is known."""
    record = record_of(live)
    return {
        name: {"rows": rows, "files": _files(record, name), "at": _since(live, name)}
        for name, rows in loads_of(record).items()
    }


def _fills(record: Record | None, load: str) -> dict[str, FillRecord]:
    fills = record.fills if record else {}
    return {t: f for t, found in sorted(fills.items()) for f in found if f.load == load}


def _files(record: Record | None, load: str) -> list[str]:
    sources = [s for fill in _fills(record, load).values() for s in fill.sources]
    return sorted({file.path for source in sources for file in source.files})


def _since(live: LiveGraph, load: str) -> str | None:
    """When the rows began to answer. Not known where the copy took them over from a lost one."""
    record = record_of(live)
    if record is None or live.pointer is None or not live.pointer.switched_at:
        return None
    if record.base is not None:
        base = live.copies.get(record.base)
        if base is None or _fills(base.record, load) == _fills(record, load):
            return None
    return datetime.fromtimestamp(live.pointer.switched_at, UTC).isoformat(timespec="seconds")


def _part(scene: Scene, desired: Desired, thing: Thing) -> Thing:
    """A Load or a Procedure, from its graph's record."""
    key, graph = thing.key, scene.homes.get(thing.key)
    live = scene.live.graphs.get(graph) if graph else None
    record = record_of(live)
    owner, ours = (live.owner, live.ours) if live else (None, True)
    thing = replace(thing, owner=owner, ours=ours)
    if graph and key.kind == "Procedure":
        wish = scene.graphs[graph].procedures.get(key.name) if graph in scene.graphs else None
        applied = record.procedures.get(key.name) if record else None
        return replace(
            thing,
            spec=procedure_spec(wish, graph) if wish else None,
            live=procedure_spec(applied, graph) if applied else None,
        )
    resource = desired.resources.get(key)
    spec = resource.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True) \
        if resource else None  # fmt: skip
    fills = _fills(record, key.name)
    rows = {type_: fill.rows for type_, fill in fills.items()}
    loads = {key.name: _loads(live)[key.name]} if live and fills else {}
    shown = _load_spec(graph, fills) if graph and fills else None
    return replace(thing, spec=spec, live=shown, counts=rows or None, loads=loads)


def _load_spec(graph: Key, fills: Mapping[str, FillRecord]) -> Mapping[str, Any]:
    """A load on record in the terms of its document."""
    found: dict[str, Any] = {"graph": graph.name, "mode": next(iter(fills.values())).mode}
    for type_, fill in fills.items():
        edge = any(source.ends for source in fill.sources)
        files = sorted({file.path for s in fill.sources for file in s.files})
        found.setdefault("edges" if edge else "vertices", {})[type_] = {"files": files}
    return found
