"""The rows of a plan: one for each declared thing of a graph that is not as declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.change import Action, Change, FieldChange, Loss, Route
from reconciler.model.key import Key
from reconciler.model.observed import LiveCopy, LiveGraph
from reconciler.model.record import ProcedureRecord, Record
from reconciler.model.step import BuildCopy, StartUnit, Switch
from reconciler.model.traits import Effect
from reconciler.model.wish import GraphWish, Settings
from reconciler.planner.compare import compare
from reconciler.planner.graph import Case, GraphPlan
from reconciler.planner.target import Distance


def graph_changes(case: Case, plan: GraphPlan) -> tuple[Change, ...]:
    """All rows that a graph's plan is worth: the Graph's own, its Loads', its Procedures'."""
    assert plan.far, "a routed plan knows how far the live copy is"
    found = [*_graph(case, plan, plan.far), *_loads(case, plan.far), *_procedures(case)]
    return tuple(sorted(found, key=lambda change: change.key))


def _graph(case: Case, plan: GraphPlan, far: Distance) -> Iterator[Change]:
    wish, live = case.wish, case.live
    after = graph_spec(wish)
    if case.serving is None:
        fresh = not (live and live.copies)
        reason = "" if fresh else "goes on with a copy that was begun"
        yield Change(wish.key, Action.CREATE, after=after, reason=reason, route=plan.route)
        return
    fields = (*far.schema.fields, *_record_fields(case), *_name_fields(case, plan))
    losses = tuple(_losses(case, plan, far))
    if fields or case.rebuild:
        action = _action(case, far)
        reason = next((f.reason for f in fields if f.effect is Effect.REBUILD and f.reason), "")
        yield Change(
            wish.key, action, fields, reason or ("rebuild asked for" if case.rebuild else ""),
            plan.route, live_spec(live) if live else None, after, losses,
        )  # fmt: skip
    elif losses:
        # Rows that nobody declared stand in the way of a load: the graph's own row says so.
        yield Change(wish.key, Action.UPDATE, (), "undeclared rows would go", plan.route,
                     after=after, losses=losses)  # fmt: skip
    elif live and live.pointer and live.pointer.protect != wish.protect:
        yield Change(wish.key, Action.MARK, reason="protect", route=plan.route)


def _action(case: Case, far: Distance) -> Action:
    pointer = case.live.pointer if case.live else None
    if case.rebuild or far.schema.effect is Effect.REBUILD:
        return Action.REBUILD
    if pointer and pointer.mode != case.wish.engine.mode:
        return Action.MOVE
    return Action.UPDATE


def _record_fields(case: Case) -> Iterator[FieldChange]:
    """What only the record holds: descriptions of types, the engine's version."""
    record = case.serving.record if case.serving else None
    if record is None:
        return
    for d in compare(record.descriptions, case.wish.descriptions):
        yield FieldChange(("descriptions", *d.path), d.old, d.new, Effect.MARK)
    if record.version != case.wish.engine.version:
        yield FieldChange(("engine", "version"), record.version, case.wish.engine.version,
                          Effect.MOVE, "a copy is opened by the new version")  # fmt: skip


def _name_fields(case: Case, plan: GraphPlan) -> Iterator[FieldChange]:
    """What is kept with the name: settings, port, process."""
    live = case.live
    pointer = live.pointer if live else None
    if pointer is None:
        return
    if pointer.name != case.wish.key.name:
        yield FieldChange(("metadata", "name"), pointer.name, case.wish.key.name, Effect.MARK)
    old, new = asdict(pointer.settings), asdict(case.wish.settings)
    for d in compare(old, new):
        effect = Effect.RESTART if d.path == ("port",) and d.new else Effect.MARK
        yield FieldChange((_FIELDS.get(d.path[0], d.path[0]),), d.old, d.new, effect)
    if pointer.held:
        yield FieldChange(("held",), pointer.held.reason, None, Effect.MARK, "the wish is another")
    if pointer.mode != case.wish.engine.mode:
        yield FieldChange(("mode",), pointer.mode, case.wish.engine.mode, Effect.MOVE)
    if plan.acts and isinstance(plan.acts[0], StartUnit):
        yield _server(live)


def _server(live: LiveGraph | None) -> FieldChange:
    """Why a server is started: it does not run, or was started with something else."""
    unit = live.unit if live else None
    if unit and unit.state == "up":
        reason = "it was started with other settings, or from another copy"
        return FieldChange(("server",), "up", "started anew", Effect.RESTART, reason)
    state = unit.state if unit else "absent"
    return FieldChange(("server",), state, "up", Effect.RESTART, "its server does not run")


_FIELDS = {"keep_previous_s": "keepPrevious", "port": "endpoint.port"}


def _losses(case: Case, plan: GraphPlan, far: Distance) -> Iterator[Loss]:
    """Data that goes with the copy that is left, and that no declared load brings back."""
    copy = case.serving
    if copy is None or not _leaves(plan, copy):
        return
    key, fed = case.wish.key, {t.type for w in case.wish.loads for t in w.types}
    carried = _carried(case, plan, copy)
    new_of = {old: new for new, old in far.schema.renames.items() if "." not in new}
    for type_, element in copy.catalog.types():
        group = "vertices" if element == "vertex" else "edges"
        rows, known = copy.rows_of(type_), copy.record.rows(type_) if copy.record else 0
        if not carried or type_ in far.schema.emptied | far.stale.refilled:
            name = new_of.get(type_, type_)
            lost = max(rows - known, 0) if name in fed else rows
            if lost:
                yield Loss(f"{key}.{group}.{type_}", lost)
        if type_ not in case.wish.catalog.vertices and type_ not in case.wish.catalog.edges:
            continue
        for name in copy.catalog.properties(type_):
            lost = _values_lost(case, far, type_, name, carried=carried)
            if lost and name not in _renamed_away(type_, far):
                yield Loss(f"{key}.{group}.{type_}.{name}", lost)


def _values_lost(case: Case, far: Distance, type_: str, name: str, *, carried: bool) -> int:
    """How many values of a property go: all where it goes, those made by hand at a reload."""
    copy = case.serving
    assert copy, "there is something to lose"
    by_hand = copy.values.get(f"{type_}.{name}")
    if name not in case.wish.catalog.properties(type_):
        return copy.rows_of(type_) if by_hand is None else by_hand
    filled_anew = not carried or type_ in far.schema.emptied | far.stale.refilled
    return (by_hand or 0) if filled_anew else 0


def _leaves(plan: GraphPlan, copy: LiveCopy) -> bool:
    """Whether another copy answers after the plan."""
    return any(isinstance(act, Switch) and act.pointer.copy != copy.id for act in plan.acts)


def _carried(case: Case, plan: GraphPlan, copy: LiveCopy) -> bool:
    """Whether the copy that is to answer stands on the one that does: its rows came along."""
    for act in plan.acts:
        if isinstance(act, BuildCopy):
            return act.base == copy.id
    target = next(act.pointer.copy for act in plan.acts if isinstance(act, Switch))
    begun = case.live.copies.get(target) if case.live else None
    return bool(begun and not begun.verified and begun.record and begun.record.base == copy.id)


def _renamed_away(type_: str, far: Distance) -> frozenset[str]:
    return frozenset(o for n, o in far.schema.renames.items() if n.startswith(f"{type_}."))


def _loads(case: Case, far: Distance) -> Iterator[Change]:
    record = case.serving.record if case.serving else None
    fills = [f for found in (record.fills if record else {}).values() for f in found]
    recorded = {f.load for f in fills if not f.forgotten}
    for load in case.wish.loads:
        if load.key not in far.stale.reasons:
            continue
        rows = {t.type: case.serving.rows_of(t.type) if case.serving else 0 for t in load.types}
        files = sorted({f.path for t in load.types for s in t.sources for f in s.files})
        yield Change(
            load.key, Action.LOAD, (), far.stale.reasons[load.key], Route.CLONE,
            {"files": sorted(_recorded_files(record, load.key.name))} if record else None,
            {"graph": load.graph.name, "mode": load.mode, "files": files},
            fresh=load.key.name not in recorded, rows=rows,
        )  # fmt: skip
    kept = {w.key.name for w in case.wish.loads}
    for name in sorted(recorded - kept):
        yield Change(case.wish.key.sibling("Load", name), Action.FORGET,
                     reason="its rows stay, as hand-made ones",
                     before={"files": sorted(_recorded_files(record, name))})  # fmt: skip


def _recorded_files(record: Record | None, load: str) -> set[str]:
    fills = [f for fills in (record.fills if record else {}).values() for f in fills]
    return {file.path for f in fills if f.load == load for s in f.sources for file in s.files}


def _procedures(case: Case) -> Iterator[Change]:
    record = case.serving.record if case.serving else None
    live = record.procedures if record else {}
    for name in sorted(live.keys() | case.wish.procedures.keys()):
        old, new = live.get(name), case.wish.procedures.get(name)
        if old == new:
            continue
        key = case.wish.key.sibling("Procedure", name)
        before = procedure_spec(old, case.wish.key) if old else None
        after = procedure_spec(new, case.wish.key) if new else None
        action = Action.CREATE if not old else Action.DELETE if not new else Action.UPDATE
        fields = tuple(
            FieldChange(d.path, d.old, d.new, Effect.IN_PLACE)
            for d in (compare(before, after) if before and after else ())
        )
        yield Change(key, action, fields, before=before, after=after)


def graph_spec(wish: GraphWish) -> Mapping[str, Any]:
    """A wished graph as `get -o json` shows it."""
    return {"engine": wish.engine.key.name, **wish.catalog.plain(), **_settings(wish.settings)}


def live_spec(live: LiveGraph) -> Mapping[str, Any]:
    """A live graph in the same terms."""
    catalog = live.serving.catalog.plain() if live.serving else {}
    settings = _settings(live.pointer.settings) if live.pointer else {}
    return {"engine": live.engine.name, **catalog, **settings}


def _settings(settings: Settings) -> Mapping[str, Any]:
    plain = asdict(settings)
    port = plain.pop("port")
    keep = plain.pop("keep_previous_s")
    return {**plain, "keepPrevious": f"{keep}s", "endpoint": {"port": port} if port else {}}


def procedure_spec(procedure: ProcedureRecord, graph: Key) -> Mapping[str, Any]:
    """A procedure in the same terms."""
    return {"graph": graph.name, **asdict(procedure), "tests": list(procedure.tests)}
