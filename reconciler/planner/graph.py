"""One graph: which route takes it to the wish, and the acts in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from reconciler.model.catalog_op import AddProperty, CatalogOp, CreateType, DropType
from reconciler.model.change import Route
from reconciler.model.observed import LiveCopy, Pointer
from reconciler.model.policy import Restraint
from reconciler.model.step import (
    Act,
    Amend,
    GraphAt,
    MarkGraph,
    RemoveCopy,
    StartUnit,
    Switch,
    VerifyCopy,
)
from reconciler.model.wish import GraphWish, Held
from reconciler.planner.building import bring_rows, copy_to_switch_to
from reconciler.planner.case import Case, GraphPlan, graph_at
from reconciler.planner.reach import runs
from reconciler.planner.recreating import leaving_first, recreated
from reconciler.planner.target import Distance, distance


def route_graph(case: Case) -> GraphPlan:
    """The cheapest way from what is live to the wish, with its acts."""
    serving = case.serving
    far = _far(case)
    at = graph_at(case)
    if serving is None or case.rebuild:
        return _through_copy(case, at, _far(case, fresh=True), None, Route.FRESH)
    if far.none and case.origin is None:
        return _settled(case, at, far)
    if case.origin is None and _online(case, far):
        act = Amend(at, serving.id, far.schema.ops, case.wish.catalog,
                    replace(far.record, copy=serving.id))  # fmt: skip
        marks = _mark(case, at)
        return GraphPlan(Route.ONLINE, acts=(act, *marks, *case.left), far=far)
    if case.recreates or not case.clones:
        return _through_copy(case, at, _far(case, fresh=True), None, Route.FRESH)
    return _through_copy(case, at, far, serving.id, Route.CLONE)


def _far(case: Case, *, fresh: bool = False) -> Distance:
    """How far the copy that serves is from the wish. Of one that goes first nothing comes along."""
    return distance(case.wish, case.serving, case.traits, case.uid, case.request.reload,
                    fresh=fresh, owed=() if fresh and case.recreates else None)  # fmt: skip


def _settled(case: Case, at: GraphAt, far: Distance) -> GraphPlan:
    """The copy is as wished; its name, its process, and what lies about may not be."""
    if acts := _mark(case, at):
        act = acts[0]
        route = Route.RESTART if isinstance(act, StartUnit | Switch) else Route.MARK
        left = (*_leave(case, at, act.pointer), *case.left)
        return GraphPlan(route, acts=(*acts, *left), far=far)
    if case.left:
        return GraphPlan(Route.MARK, acts=case.left, far=far)
    return GraphPlan(Route.NOTHING, housekeeping=tuple(_clean(case, at)), far=far)


def _mark(case: Case, at: GraphAt) -> tuple[Switch | StartUnit | MarkGraph, ...]:
    """What brings the pointer and the process in line, for the copy that serves now."""
    live = case.live
    assert live is not None, "only what is live can be marked"
    assert live.pointer is not None, "a graph without a pointer is unknown, or not made yet"
    pointer = _pointer(case, live.pointer.copy)
    moved = pointer.mode != live.pointer.mode or pointer.port != live.pointer.port
    if moved or case.restored:
        return (Switch(at, pointer),)
    if case.wish.engine.mode == "served" and not runs(case.live, case.wish.engine, pointer):
        return (StartUnit(at, pointer),)
    if pointer != live.pointer:
        return (MarkGraph(at, pointer),)
    return ()


def _pointer(case: Case, copy: str) -> Pointer:
    """The pointer as it shall be with `copy` answering."""
    wish, old = case.wish, case.live.pointer if case.live else None
    switching = old is None or old.copy != copy
    keep = wish.settings.keep_previous_s > 0 and wish.settings.strategy != "recreate"
    back = old.copy if old and switching and keep and case.serving and not case.origin else None
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
        moves=(old.moves if old else 0) + (case.origin is not None),
        backend=old.backend if old else None,
        restraint=(old.restraint if old else Restraint()).ruled(wish.rules),
        applied=case.applied,
    )


def _former_name(wish: GraphWish, old: Pointer | None) -> str | None:
    """An applied hint of a rename is kept, and never applied again."""
    if old is None or old.name == wish.key.name:
        return old.renamed_from if old else None
    return old.name


def _online(case: Case, far: Distance) -> bool:
    """Whether the running server can take the change while it serves.

    What removes something is made in a copy, so that there is one to go back to, unless none is
    wanted.

    Not where new strings are wider than the engine's smallest: a server killed between the commit
    and its checkpoint comes up with narrow ones.
    """
    live, wish = case.live, case.wish
    if far.schema.emptied or _made_anew(far.schema.ops):
        return False  # a table that is made anew takes its rows with it
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
    taken = case.traits.online
    if wish.settings.strategy == "in-place" or wish.settings.keep_previous_s == 0:
        taken |= case.traits.online_for_good
    return not _widens(case, far) and all(_kind_of(op) in taken for op in far.schema.ops)


def _widens(case: Case, far: Distance) -> bool:
    """Whether a new string is wider than the engine's smallest."""
    smallest = case.traits.strings.smallest or 0
    new = {_address(op) for op in far.schema.ops}
    return any(
        width > smallest and (address in new or address.split(".")[0] in new)
        for address, (_, width) in far.record.strings.items()
    )


def _made_anew(ops: Iterable[CatalogOp]) -> frozenset[str]:
    """The types that leave and come back, without their rows."""
    gone = {op.type for op in ops if isinstance(op, DropType)}
    return frozenset(op.type for op in ops if isinstance(op, CreateType) and op.type in gone)


def _address(op: CatalogOp) -> str:
    return f"{op.type}.{op.name}" if isinstance(op, AddProperty) else op.type


def _kind_of(op: CatalogOp) -> tuple[str, str]:
    names = {
        "CreateType": ("type", "add"), "DropType": ("type", "drop"),
        "AddProperty": ("property", "add"), "DropProperty": ("property", "drop"),
        "RenameProperty": ("property", "rename"), "RenameType": ("type", "rename"),
    }  # fmt: skip
    return names[type(op).__name__]


def _through_copy(
    case: Case, at: GraphAt, far: Distance, base: str | None, route: Route
) -> GraphPlan:
    """Build or go on with a copy, fill it, verify it, switch to it, clean up."""
    copy, left, begin = copy_to_switch_to(case, at, far, base)
    acts: list[Act] = []
    if case.restored and case.live and case.live.pointer:
        # Written first: a second verified copy beside it would leave nobody to tell which answers.
        acts.append(MarkGraph(case.origin or at, case.live.pointer))
    pointer = _pointer(case, copy)
    made = (*begin, *bring_rows(case, at, copy, left), *_verify(case, at, copy))
    if recreated(case, begin):
        acts += [*leaving_first(case, at, copy), *made, Switch(at, pointer), *case.left]
        named = case.live and case.live.pointer
        return GraphPlan(Route.RECREATE if named else route, acts=tuple(acts), far=far)
    refused = refusal(case, case.serving, "VerifyFailed") if case.serving else None
    acts += [*made, Switch(at, pointer, refused, case.origin), *_leave(case, at, pointer),
             *case.left]  # fmt: skip
    return GraphPlan(route, acts=tuple(acts), far=far)


def _verify(case: Case, at: GraphAt, copy: str) -> Iterator[Act]:
    found = case.target.copies.get(copy) if case.target else None
    if not (found and found.verified):
        yield VerifyCopy(at, copy, case.wish.procedures)


def _leave(case: Case, at: GraphAt, pointer: Pointer) -> Iterator[Act]:
    """Copies that nobody needs once `pointer` stands."""
    keep = {pointer.copy, pointer.previous}
    here = case.target
    for id_ in (*sorted(here.copies), *here.leftovers) if here else ():
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
