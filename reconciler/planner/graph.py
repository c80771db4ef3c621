"""One graph: which route takes it to the wish, and the acts in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from reconciler.model.change import Change, Route
from reconciler.model.observed import LiveCopy, LiveGraph, Pointer
from reconciler.model.plan import Request
from reconciler.model.problem import Problem
from reconciler.model.step import (
    Act,
    AddProperty,
    Amend,
    BuildCopy,
    CatalogOp,
    FillType,
    GraphAt,
    MarkGraph,
    RemoveCopy,
    StartUnit,
    Switch,
    VerifyCopy,
)
from reconciler.model.traits import Traits
from reconciler.model.wish import EngineWish, GraphWish, Held
from reconciler.planner.canonical import digest
from reconciler.planner.target import Distance, distance, new_copy_id, usable


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the plan of one graph depends on."""

    wish: GraphWish
    live: LiveGraph | None
    traits: Traits
    request: Request
    now: float
    uid: str
    restored: bool = False  # the pointer is our conclusion, and is to be written

    @property
    def serving(self) -> LiveCopy | None:
        """The copy that answers now."""
        return self.live.serving if self.live else None

    @property
    def rebuild(self) -> bool:
        """Whether a fresh copy was asked for."""
        return self.wish.key in self.request.rebuild


@dataclass(frozen=True, slots=True)
class GraphPlan:
    """The plan of one graph, before guards and order."""

    route: Route
    changes: tuple[Change, ...] = ()
    acts: tuple[Act, ...] = ()
    housekeeping: tuple[Act, ...] = ()
    problems: tuple[Problem, ...] = ()
    far: Distance | None = field(default=None, repr=False)  # from the copy that serves


def route_graph(case: Case) -> GraphPlan:
    """The cheapest way from what is live to the wish, with its acts."""
    serving = case.serving
    far = distance(case.wish, serving, case.traits, case.uid, case.request.reload)
    at = graph_at(case)
    if serving is None or case.rebuild:
        return _through_copy(case, at, far, None, Route.FRESH)
    if far.none:
        return _settled(case, at, far)
    if _online(case, far):
        act = Amend(at, serving.id, far.schema.ops, case.wish.catalog,
                    replace(far.record, copy=serving.id))  # fmt: skip
        marks = _mark(case, at)
        return GraphPlan(Route.ONLINE, acts=(act, *marks), far=far)
    base = serving.id if case.traits.clones else None
    return _through_copy(case, at, far, base, Route.CLONE if base else Route.FRESH)


def graph_at(case: Case) -> GraphAt:
    """The graph, for its steps."""
    return GraphAt(case.wish.key, case.wish.owner, case.uid, case.wish.engine)


def _settled(case: Case, at: GraphAt, far: Distance) -> GraphPlan:
    """The copy is as wished; its name, its process, and what lies about may not be."""
    if acts := _mark(case, at):
        route = Route.RESTART if isinstance(acts[0], StartUnit | Switch) else Route.MARK
        return GraphPlan(route, acts=acts, housekeeping=tuple(_clean(case, at)), far=far)
    return GraphPlan(Route.NOTHING, housekeeping=tuple(_clean(case, at)), far=far)


def _mark(case: Case, at: GraphAt) -> tuple[Act, ...]:
    """What brings the pointer and the process in line, for the copy that serves now."""
    live = case.live
    assert live is not None, "only what is live can be marked"
    assert live.pointer is not None, "a graph without a pointer is unknown, or not made yet"
    pointer = _pointer(case, live.pointer.copy)
    moved = pointer.mode != live.pointer.mode or pointer.port != live.pointer.port
    if moved or case.restored:
        return (Switch(at, pointer),)
    if case.wish.engine.mode == "served" and not runs(case, pointer):
        return (StartUnit(at, pointer),)
    if pointer != live.pointer:
        return (MarkGraph(at, pointer),)
    return ()


def runs(case: Case, pointer: Pointer) -> bool:
    """Whether the graph's server is the one wished: up, with this copy and these settings."""
    unit = case.live.unit if case.live else None
    copy = case.live.copies.get(pointer.copy) if case.live else None
    version = copy.record.version if copy and copy.record else case.wish.engine.version
    return (
        unit is not None
        and unit.state == "up"
        and unit.mark.copy == pointer.copy
        and unit.mark.digest == unit_digest(case.wish.engine, version)
    )


def unit_digest(engine: EngineWish, version: str) -> str:
    """What a server was started with: when it differs from the wish, it is started anew.

    `version` is that of the copy: one that is kept is served by the engine that wrote it.
    """
    return digest(version, engine.options, engine.resources)[:16]


def _pointer(case: Case, copy: str) -> Pointer:
    """The pointer as it shall be with `copy` answering."""
    wish, old = case.wish, case.live.pointer if case.live else None
    switching = old is None or old.copy != copy
    keep = wish.settings.keep_previous_s > 0 and wish.settings.strategy != "recreate"
    back = old.copy if old and switching and keep else None
    return Pointer(
        uid=case.uid,
        name=wish.key.name,
        tenant=wish.key.tenant,
        owner=wish.owner,
        copy=copy,
        mode=wish.engine.mode,
        settings=wish.settings,
        port=wish.settings.port or (old.port if old else None),
        previous=back if switching else (old.previous if old else None),
        switched_at=case.now if switching or old is None else old.switched_at,
        protect=wish.protect,
        engine=wish.engine.key.name,
        renamed_from=_former_name(wish, old),
    )


def _former_name(wish: GraphWish, old: Pointer | None) -> str | None:
    """An applied hint of a rename is kept, and never applied again."""
    if old is None or old.name == wish.key.name:
        return old.renamed_from if old else None
    return old.name


def _online(case: Case, far: Distance) -> bool:
    """Whether the running server can take the change while it serves, losing nothing.

    Not where new strings are wider than the engine's smallest: a server killed between the commit
    and its checkpoint comes up with narrow ones.
    """
    live, wish = case.live, case.wish
    up = live is not None and live.unit is not None and live.unit.state == "up"
    if not up or wish.settings.strategy == "blue-green" or far.stale.fills or far.version:
        return False
    if live and live.pointer and live.pointer.mode != wish.engine.mode:
        return False
    if wish.settings.port not in (None, live.pointer.port if live and live.pointer else None):
        return False
    live_record = case.serving.record if case.serving else None
    if far.schema.ops and live_record and live_record.procedures != far.record.procedures:
        return False  # a procedure is tested before it is published, and on the new types
    smallest = case.traits.strings.smallest or 0
    new = {_address(op) for op in far.schema.ops}
    wide = any(
        width > smallest and (address in new or address.split(".")[0] in new)
        for address, (_, width) in far.record.strings.items()
    )
    return not wide and all(_kind_of(op) in case.traits.online for op in far.schema.ops)


def _address(op: CatalogOp) -> str:
    return f"{op.type}.{op.name}" if isinstance(op, AddProperty) else op.type


def _kind_of(op: CatalogOp) -> tuple[str, str]:
    names = {
        "CreateType": ("type", "add"), "DropType": ("type", "drop"),
        "AddProperty": ("property", "add"), "DropProperty": ("property", "drop"),
        "RenameProperty": ("property", "rename"),
    }  # fmt: skip
    return names[type(op).__name__]


def _through_copy(
    case: Case, at: GraphAt, far: Distance, base: str | None, route: Route
) -> GraphPlan:
    """Build or go on with a copy, fill it, verify it, switch to it, clean up."""
    copy, left, begin = _copy(case, at, far, base)
    acts: list[Act] = []
    if case.restored and case.live and case.live.pointer:
        # Written first: a second verified copy beside it would leave nobody to tell which answers.
        acts.append(MarkGraph(at, case.live.pointer))
    acts += begin
    record = left.record
    for fill in left.stale.fills:
        content = fill.content.type
        record = record.with_fill(content, fill.record)
        acts.append(FillType(at, copy, fill.content, fill.options, case.wish.catalog,
                             fill.record, fill.expect))  # fmt: skip
    found = case.live.copies.get(copy) if case.live else None
    if not (found and found.verified):
        acts.append(VerifyCopy(at, copy, case.wish.procedures))
    pointer = _pointer(case, copy)
    refused = refusal(case, case.serving, "VerifyFailed") if case.serving else None
    acts += [Switch(at, pointer, refused), *_leave(case, at, pointer)]
    return GraphPlan(route, acts=tuple(acts), far=far)


def _copy(
    case: Case, at: GraphAt, far: Distance, base: str | None
) -> tuple[str, Distance, tuple[Act, ...]]:
    """The copy to switch to, how far it is, and how it begins: one that is near is used again."""
    live, wish = case.live, case.wish
    if live and not case.rebuild:
        others = sorted(live.copies.keys() - {live.pointer.copy if live.pointer else ""})
        for id_ in others:
            near = usable(wish, live.copies[id_], live, case.traits, case.request.reload)
            if near:
                return id_, near, ()
    id_ = new_copy_id(wish, live)
    if base is None:
        far = distance(wish, None, case.traits, at.uid, frozenset())
    record = replace(far.record, copy=id_, base=base)
    return id_, far, (BuildCopy(at, id_, base, far.schema.ops, wish.catalog, record),)


def _leave(case: Case, at: GraphAt, pointer: Pointer) -> Iterator[Act]:
    """Copies that nobody needs once `pointer` stands."""
    keep = {pointer.copy, pointer.previous}
    for id_ in sorted(case.live.copies if case.live else ()):
        if id_ not in keep:
            yield RemoveCopy(at, id_)
    for id_ in case.live.leftovers if case.live else ():
        if id_ not in keep:
            yield RemoveCopy(at, id_)


def _clean(case: Case, at: GraphAt) -> Iterator[Act]:
    """Kept copies that expired, and what a crash left behind: no change, but work to do."""
    live = case.live
    if live is None or live.pointer is None:
        return
    pointer = live.pointer
    age = case.now - pointer.switched_at
    if pointer.previous and age > pointer.settings.keep_previous_s:
        pointer = replace(pointer, previous=None)
        yield MarkGraph(at, pointer)
    yield from _leave(case, at, pointer)


def refusal(
    case: Case, back: LiveCopy | None, reason: Literal["RolledBack", "VerifyFailed"]
) -> Held:
    """The wish, to be held while `back` answers."""
    only_files = False
    if back is not None:
        far = distance(case.wish, back, case.traits, case.uid, frozenset())
        only_files = not (far.schema.fields or far.version or _marks_apart_from_files(case, back))
    return Held(case.wish.documents, case.wish.files(), only_files, reason, case.now)


def _marks_apart_from_files(case: Case, back: LiveCopy) -> bool:
    record = back.record
    return record is None or dict(record.procedures) != dict(case.wish.procedures)
