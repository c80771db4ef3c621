"""The rows of a plan: one for each declared thing of a graph that is not as declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from reconciler.model.change import MISSING, Action, Change, FieldChange, Route, Shrink
from reconciler.model.key import Key
from reconciler.model.loading import LoadWish
from reconciler.model.observed import LiveGraph, Pointer
from reconciler.model.record import ProcedureRecord, Record
from reconciler.model.step import MarkGraph, StartUnit
from reconciler.model.traits import Effect
from reconciler.model.wish import GraphWish, Settings
from reconciler.planner.case import Case, GraphPlan
from reconciler.planner.compare import compare
from reconciler.planner.losses import goes_back, losses_of
from reconciler.planner.reach import relay_is_down
from reconciler.planner.target import Distance


def graph_changes(case: Case, plan: GraphPlan) -> tuple[Change, ...]:
    """All rows that a graph's plan is worth: the Graph's own, its Loads', its Procedures'."""
    assert plan.far, "a routed plan knows how far the live copy is"
    found = [*_graph(case, plan, plan.far), *_loads(case, plan, plan.far), *_procedures(case)]
    return tuple(sorted(found, key=lambda change: change.key))


def _graph(case: Case, plan: GraphPlan, far: Distance) -> Iterator[Change]:
    wish, live = case.wish, case.live
    after = graph_spec(wish)
    gap = plan.route is Route.RECREATE
    if case.serving is None:
        fresh = not (live and live.copies)
        reason = _GONE if gap else "" if fresh else "goes on with a copy that was begun"
        action = Action.RECREATE if gap else Action.CREATE
        yield Change(wish.key, action, after=after, reason=reason, route=plan.route)
        return
    fields = (*far.schema.fields, *_record_fields(case), *_name_fields(case, plan))
    losses = tuple(losses_of(case, plan, far))
    carried = {carry.type: carry.rows for carry in far.carries}
    if fields or case.rebuild or gap:
        action = Action.RECREATE if gap else _action(case, far)
        reason = next((f.reason for f in fields if f.effect is Effect.REBUILD and f.reason), "")
        reason = _GAP if gap else reason
        yield Change(
            wish.key, action, fields, reason or ("rebuild asked for" if case.rebuild else ""),
            plan.route, live_spec(live) if live else None, after, losses, carried=carried,
        )  # fmt: skip
    elif losses:
        # Rows that nobody declared stand in the way of a load: the graph's own row says so.
        yield Change(wish.key, Action.UPDATE, (), "undeclared rows would go", plan.route,
                     after=after, losses=losses, carried=carried)  # fmt: skip
    elif case.left:
        where = ", ".join(str(act.graph.engine.place) for act in case.left)
        yield Change(
            wish.key, Action.MOVE, reason=f"what it left at {where} goes", route=plan.route
        )
    elif reason := _marked(plan, live):
        yield Change(wish.key, Action.MARK, reason=reason, route=plan.route)


_GAP = "its copy goes first: nothing answers until a new one is filled and verified"
_GONE = "its copy went already: nothing answers until a new one is filled and verified"
_APPLIED = "what was applied"  # goes along with any other change without a word


def _marked(plan: GraphPlan, live: LiveGraph | None) -> str:
    """Which marks of the name change, where nothing else of the graph does; empty for none."""
    wanted = next((a.pointer for a in plan.acts if isinstance(a, MarkGraph)), None)
    now = live.pointer if live else None
    told = marks_told(now, wanted) if now and wanted else ""
    return "" if told == _APPLIED and len(plan.acts) > 1 else told


def marks_told(now: Pointer, wanted: Pointer) -> str:
    """What holds changes back, as far as two pointers differ in it; empty where they do not."""
    differs = {
        "protect": now.protect != wanted.protect,
        "policy": now.restraint.rules != wanted.restraint.rules,
        "what was refused is not wished any more": bool(now.held and not wanted.held),
        _APPLIED: now.applied != wanted.applied,
    }
    return ", ".join(name for name, does in differs.items() if does)


def _action(case: Case, far: Distance) -> Action:
    pointer = case.live.pointer if case.live else None
    if case.origin:
        return Action.MOVE
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
        restarts = d.path == ("relay",) or (d.path == ("port",) and d.new)
        effect = Effect.RESTART if restarts else Effect.MARK
        yield FieldChange((_FIELDS.get(d.path[0], d.path[0]),), d.old, d.new, effect)
    if pointer.mode != case.wish.engine.mode:
        yield FieldChange(("mode",), pointer.mode, case.wish.engine.mode, Effect.MOVE)
    yield from _moved(case, live)
    if live and live.previous and (case.origin or plan.route is Route.RECREATE):
        yield FieldChange(("previousCopy",), live.previous.id, MISSING, Effect.MARK,
                          "it goes as well: there is none to roll back to")  # fmt: skip
    if plan.acts and isinstance(plan.acts[0], StartUnit) and old["relay"] == new["relay"]:
        yield _server(live)


def _moved(case: Case, live: LiveGraph | None) -> Iterator[FieldChange]:
    """Another engine, another place; or what an interrupted move has left behind."""
    if live is None or case.origin is None:
        return
    engine = case.wish.engine
    if live.engine != engine.key:
        yield FieldChange(("engine",), live.engine.name, engine.key.name, Effect.MOVE)
    if case.origin.engine.type != engine.type:
        yield FieldChange(("engine", "type"), case.origin.engine.type, engine.type, Effect.MOVE,
                          "its rows are written to files, checked and loaded")  # fmt: skip
    yield FieldChange(
        ("place",),
        str(live.place),
        str(engine.place),
        Effect.MOVE,
        "a copy there, verified, then switched; none is kept to go back to",
    )


def _server(live: LiveGraph | None) -> FieldChange:
    """Why a server is started: it does not run, or was started with something else."""
    unit = live.unit if live else None
    if live and live.strays:
        reason = "another server of it runs, from a switch that was not finished"
        return FieldChange(("server",), "two", "one", Effect.RESTART, reason)
    if live and relay_is_down(live):
        return FieldChange(("relay",), "absent", "up", Effect.RESTART, "its relay does not run")
    if unit and unit.state == "up":
        reason = "it was started with other settings, or from another copy"
        return FieldChange(("server",), "up", "started anew", Effect.RESTART, reason)
    state = unit.state if unit else "absent"
    return FieldChange(("server",), state, "up", Effect.RESTART, "its server does not run")


_FIELDS = {"keep_previous_s": "keepPrevious", "port": "endpoint.port", "relay": "endpoint.relay"}


def _loads(case: Case, plan: GraphPlan, far: Distance) -> Iterator[Change]:
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
            shrinks=tuple(_shrinks(load, record)),
        )  # fmt: skip
    kept = {w.key.name for w in case.wish.loads}
    back = goes_back(case, plan)
    why = (
        "its rows go: the copy before answers again" if back else "its rows stay, as hand-made ones"
    )
    for name in sorted(recorded - kept):
        yield Change(case.wish.key.sibling("Load", name), Action.FORGET,
                     reason=why,
                     before={"files": sorted(_recorded_files(record, name))})  # fmt: skip


def _shrinks(load: LoadWish, record: Record | None) -> Iterator[Shrink]:
    """The types whose files are smaller than those on record. What is appended replaces nothing."""
    if load.mode != "replace" or record is None:
        return
    for content in load.types:
        fills = [f for f in record.fills.get(content.type, ()) if f.load == load.key.name]
        before = sum(file.size for f in fills for s in f.sources for file in s.files)
        after = sum(file.size for s in content.sources for file in s.files)
        if after < before:
            yield Shrink(content.type, record.rows(content.type), before, after)


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
    port, relay = plain.pop("port"), plain.pop("relay")
    keep = plain.pop("keep_previous_s")
    endpoint = {**({"port": port} if port else {}), **({"relay": True} if relay else {})}
    return {**plain, "keepPrevious": f"{keep}s", "endpoint": endpoint}


def procedure_spec(procedure: ProcedureRecord, graph: Key) -> Mapping[str, Any]:
    """A procedure in the same terms."""
    return {"graph": graph.name, **asdict(procedure), "tests": list(procedure.tests)}
