"""Each thing that is wished or lives, with both its sides and its status."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from reconciler.model.key import DEFAULT_TENANT, Key, Owner
from reconciler.model.kinds import API_VERSION
from reconciler.model.observed import LiveGraph
from reconciler.model.record import FillRecord, Record
from reconciler.model.resource import Desired
from reconciler.model.status import Condition, Phase, Status
from reconciler.model.tenant import Share
from reconciler.planner.canonical import digest
from reconciler.planner.changes import graph_spec, live_spec, procedure_spec
from reconciler.planner.phase import statuses
from reconciler.planner.scene import Scene, loads_of, record_of

Endpoint = Callable[[LiveGraph], str | None]


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
    undeclared: Mapping[str, int] = field(default_factory=dict)  # rows that no load brought
    size_bytes: int | None = None
    place: str | None = None  # of an engine
    share: Share | None = None  # of a Tenant

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
                **({"used": dict(self.share.used)} if self.share else {}),
            },
        }  # fmt: skip


def things_of(
    scene: Scene, desired: Desired, shares: Iterable[Share], endpoint: Endpoint
) -> tuple[Thing, ...]:
    """Everything, in key order. `endpoint` tells where a graph is reached."""
    things = [_thing(scene, desired, key, status, endpoint)
              for key, status in statuses(scene).items()]  # fmt: skip
    things += [_tenant(desired, share) for share in shares]
    return tuple(sorted(things, key=lambda thing: thing.key))


def _thing(
    scene: Scene,
    desired: Desired,
    key: Key,
    status: Status,
    endpoint: Endpoint,
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


def _tenant(desired: Desired, share: Share) -> Thing:
    """A Tenant: it has no live thing, but what its things use lives."""
    key = Key(DEFAULT_TENANT, "Tenant", share.name)
    written = desired.resources[key].spec.model_dump(mode="json", by_alias=True)
    spec = {**written, "quota": {n: q for n, q in written["quota"].items() if q is not None}}
    says = ", ".join(share.exceeded)
    reason = "OverQuota" if says else "WithinQuota" if share.limits else "Declared"
    phase = Phase.DEGRADED if says else Phase.READY
    conditions = (Condition("Ready", "True", reason, says),
                  Condition("UpToDate", "True", "AsDeclared"))  # fmt: skip
    status = Status(phase, reason, f"more {says} than it may have" if says else "", conditions)
    return Thing(key, status, _metadata(desired, key), spec, spec, desired.project.owner
                 if desired.project else None, share=share)  # fmt: skip


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


def _graph(scene: Scene, thing: Thing, endpoint: Endpoint) -> Thing:
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
        undeclared=_undeclared(record_of(live), counts or {}),
        size_bytes=sum(copy.size_bytes for copy in live.copies.values()),
    )


def _undeclared(record: Record | None, counts: Mapping[str, int]) -> Mapping[str, int]:
    loaded = {type_: record.rows(type_) if record else 0 for type_ in counts}
    return {t: rows - loaded[t] for t, rows in sorted(counts.items()) if rows > loaded[t]}


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
