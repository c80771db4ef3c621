"""Desired x live -> plan: route each graph, tell the changes, order the steps, judge the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.change import Action, Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Pointer, Snapshot
from reconciler.model.plan import HeldGraph, Plan, Request
from reconciler.model.problem import Problem
from reconciler.model.resource import Project
from reconciler.model.step import BuildCopy, FillType, RemoveGraph, Step
from reconciler.model.traits import Traits
from reconciler.model.wish import EngineWish, GraphWish
from reconciler.planner.blocked import blocked, graph_block, hindrance, holding
from reconciler.planner.canonical import digest
from reconciler.planner.changes import graph_changes
from reconciler.planner.engines import engine_plan, shared_place
from reconciler.planner.graph import Case, graph_at, route_graph
from reconciler.planner.guard import refusals
from reconciler.planner.hold import healed_while_held, holds, release, rollback
from reconciler.planner.order import CycleError, Session, only, order
from reconciler.planner.removal import removed_graph
from reconciler.planner.renaming import clash, renamed_graphs
from reconciler.planner.select import Selection, selected
from reconciler.planner.target import new_uid


@dataclass(frozen=True, slots=True)
class World:
    """Both sides, whole, and what is asked."""

    project: Project
    engines: Mapping[Key, EngineWish]
    graphs: Mapping[Key, GraphWish]
    live: Snapshot
    traits: Mapping[str, Traits]
    request: Request = field(default_factory=Request)
    revision: str = ""
    notes: tuple[Problem, ...] = ()  # warnings of the documents, passed on


@dataclass(slots=True)
class _Draft:
    """What is gathered while going through the things in key order."""

    changes: list[Change] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    housekeeping: list[Session] = field(default_factory=list)
    held: list[HeldGraph] = field(default_factory=list)

    def stuck(self) -> Mapping[Key, Problem]:
        """What is blocked so far."""
        return {c.key: c.blocked for c in self.changes if c.blocked}


def make_plan(world: World) -> Plan:
    """The whole plan. Pure: the same world gives the same plan, byte for byte."""
    draft = _Draft()
    world = replace(world, live=renamed_graphs(world.graphs, world.live))
    for key in sorted(_keys(world, "Engine")):
        _engine(world, draft, key)
    taken: set[str] = {graph.uid for graph in world.live.graphs.values()}
    for key in sorted(_keys(world, "Graph")):
        _graph(world, draft, key, taken)
    _keep_engines(world, draft)
    chosen = selected(draft.changes, draft.sessions, world.request, _session_of(world))
    changes = tuple(sorted((c for c in draft.changes if c.key in chosen.changes),
                           key=lambda change: change.key))  # fmt: skip
    steps, cycle = _ordered(draft.sessions, chosen)
    blocks = tuple(c.blocked for c in changes if c.blocked)
    seen = _seen(changes, steps, world.live)
    return Plan(
        world.project.owner,
        changes,
        steps,
        order(draft.housekeeping),
        (*world.live.problems, *chosen.problems, *cycle, *blocks),
        refusals(changes, world.live, world.project.guard, world.request),
        world.notes,
        tuple(draft.held),
        _fingerprint(changes, steps, seen),
        world.revision,
        seen,
    )


def _keys(world: World, kind: str) -> set[Key]:
    wished = world.engines.keys() if kind == "Engine" else world.graphs.keys()
    live = world.live.engines.keys() if kind == "Engine" else world.live.graphs.keys()
    return {*wished, *live, *(key for key in world.live.unknown if key.kind == kind)}


def _engine(world: World, draft: _Draft, key: Key) -> None:
    if problem := world.live.unknown.get(key):
        draft.changes.append(blocked(key, problem))
        return
    wish, live = world.engines.get(key), world.live.engines.get(key)
    if wish and (problem := shared_place(wish, world.engines, live)):
        draft.changes.append(blocked(key, problem))
        return
    change, acts = engine_plan(wish, live, world.project.owner, world.project.guard)
    if change:
        draft.changes.append(change)
    takes = frozenset({f"engine:{key}"})
    draft.sessions.append(Session(key, acts, frozenset(), takes, leaves=wish is None))


def _graph(world: World, draft: _Draft, key: Key, taken: set[str]) -> None:
    wish, live = world.graphs.get(key), world.live.graphs.get(key)
    problem = graph_block(key, wish, live, world.live, draft.stuck())
    if problem is None and wish:
        problem = clash(wish, world.live)
    if problem:
        draft.changes.append(blocked(key, problem))
    elif wish:
        _wished(world, draft, wish, live, taken)
    elif live and live.ours:
        engine = world.live.engines.get(live.engine)
        change, acts = removed_graph(live, engine, world.project.owner)
        draft.changes.append(change)
        takes = frozenset({f"graph:{live.uid}"})
        draft.sessions.append(Session(key, acts, frozenset({live.engine}), takes, leaves=True))


def _keep_engines(world: World, draft: _Draft) -> None:
    """An engine's folder goes whole, so it stays while anything in it is not clear."""
    for number, change in enumerate(draft.changes):
        if change.key.kind != "Engine" or change.action is not Action.DELETE:
            continue
        if problem := holding(change.key, draft.changes, world.live):
            draft.changes[number] = blocked(change.key, problem)
            draft.sessions = [s for s in draft.sessions if s.key != change.key]


def _wished(
    world: World, draft: _Draft, wish: GraphWish, live: LiveGraph | None, taken: set[str]
) -> None:
    seen = _restored(wish, live) if live else None
    restored = seen is not live
    uid = seen.uid if seen else new_uid(wish, frozenset(taken))
    taken.add(uid)
    traits = world.traits[wish.engine.type]
    case = Case(wish, seen, traits, world.request, world.live.now, uid, restored)
    if _asked_of_pointer(draft, case):
        return
    plan = route_graph(case)
    if problem := hindrance(case, plan):
        draft.changes.append(blocked(wish.key, problem))
        return
    changes = graph_changes(case, plan)
    if restored and all(change.key != wish.key for change in changes):
        draft.changes.append(Change(wish.key, Action.MARK, reason="its lost pointer is restored"))
    draft.changes += changes
    session = Session(wish.key, plan.acts, wish.needs | {wish.engine.key},
                      frozenset({f"graph:{uid}"}))  # fmt: skip
    draft.sessions.append(session)
    if not plan.acts:
        draft.housekeeping.append(replace(session, acts=plan.housekeeping))


def _asked_of_pointer(draft: _Draft, case: Case) -> bool:
    """Whether the graph's plan is decided by what people said of its copies, not by its wish."""
    key, pointer = case.wish.key, case.live.pointer if case.live else None
    at = graph_at(case)
    if key in case.request.rollback:
        found = rollback(case, at)
        if isinstance(found, Problem):
            draft.changes.append(blocked(key, found))
            return True
        changes, acts = found
    elif pointer and pointer.held and key in case.request.unhold:
        changes = (Change(key, Action.MARK, reason="the refused wish may be tried again"),)
        acts = (release(at, pointer),)
    elif pointer and pointer.held and holds(case):
        would = route_graph(case)
        waiting = () if hindrance(case, would) else graph_changes(case, would)
        draft.held.append(HeldGraph(key, pointer.held, waiting))
        changes, acts = healed_while_held(case, at)
    else:
        return False
    draft.changes += changes
    takes = frozenset({f"graph:{case.uid}"})
    draft.sessions.append(Session(key, acts, case.wish.needs | {case.wish.engine.key}, takes))
    return True


def _restored(wish: GraphWish, live: LiveGraph) -> LiveGraph:
    """A graph whose pointer was lost: what runs, or the only verified copy, tells it."""
    if live.pointer is not None:
        return live
    verified = sorted(id_ for id_, copy in live.copies.items() if copy.verified)
    if not verified:
        return live  # its first copy is not finished: nothing was ever published
    runs = live.unit.copy if live.unit and live.unit.copy in verified else verified[0]
    pointer = Pointer(
        live.uid, wish.key.name, wish.key.tenant, wish.owner, runs, wish.engine.mode,
        wish.settings, live.unit.port if live.unit else None, protect=wish.protect,
        engine=wish.engine.key.name,
    )  # fmt: skip
    return replace(live, pointer=pointer)


def _session_of(world: World) -> Mapping[Key, Key]:
    """Each declared or live thing -> the session that handles it."""
    found = {key: key for kind in ("Engine", "Graph") for key in _keys(world, kind)}
    for key, graph in world.live.graphs.items():
        record = graph.serving.record if graph.serving else None
        names = {f.load for fills in record.fills.values() for f in fills} if record else set()
        found |= {key.sibling("Load", name): key for name in names}
        found |= {key.sibling("Procedure", n): key for n in (record.procedures if record else ())}
    for key, wish in world.graphs.items():
        found |= {load.key: key for load in wish.loads}
        found |= {key.sibling("Procedure", name): key for name in wish.procedures}
    return found


def _ordered(
    sessions: list[Session], chosen: Selection
) -> tuple[tuple[Step, ...], tuple[Problem, ...]]:
    try:
        return only(order(sessions), chosen.sessions), ()
    except CycleError as error:
        ring = " -> ".join(str(key) for key in error.args[1])
        says = f"these wait for each other: {ring}"
        return (), (Problem("error", says, "RF103", hint="drop one `dependsOn`"),)


def _seen(
    changes: tuple[Change, ...], steps: tuple[Step, ...], live: Snapshot
) -> Mapping[str, str]:
    """A digest of each live thing that the plan touches, by address."""
    keys = sorted({step.session for step in steps} | {change.key for change in changes})
    found = {key: live.graphs.get(key) or live.engines.get(key) for key in keys}
    return {str(key): digest(thing) for key, thing in found.items() if thing}


def _fingerprint(
    changes: tuple[Change, ...], steps: tuple[Step, ...], seen: Mapping[str, str]
) -> str:
    """A digest of what the plan does and of what was seen of the things that it touches."""
    return digest(changes, [step.act for step in steps], seen) if changes or steps else digest()


def needing_rows(plan: Plan, live: Snapshot) -> frozenset[Key]:
    """The graphs whose live rows bear on the plan and were not counted: count, and plan again."""
    touched = {
        step.session
        for step in plan.steps
        if isinstance(step.act, BuildCopy | FillType | RemoveGraph)
    }
    return frozenset(key for key in touched if _uncounted(live.graphs.get(key)))


def _uncounted(graph: LiveGraph | None) -> bool:
    return bool(graph and graph.serving and graph.serving.rows is None)
