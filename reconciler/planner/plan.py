"""Desired x live -> plan: route each graph, tell the changes, order the steps, judge the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.model.change import Action, Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph
from reconciler.model.plan import Drift, HeldGraph, Plan
from reconciler.model.problem import Problem
from reconciler.model.step import (
    Act,
    Step,
)
from reconciler.model.wish import GraphWish
from reconciler.planner.adoption import (
    adopted_rows,
    adoption_acts,
    adoption_block,
    taken_over,
)
from reconciler.planner.asked import sessions_asked, unaskable
from reconciler.planner.blocked import blocked, graph_block, hindrance
from reconciler.planner.case import Case, graph_at
from reconciler.planner.changes import graph_changes
from reconciler.planner.draft import Draft, World
from reconciler.planner.drift import came_by_itself, graph_marks, wish_digest
from reconciler.planner.engine_drafts import draft_engine, keep_engines
from reconciler.planner.fingerprint import fingerprint_of, seen_digests
from reconciler.planner.graph import route_graph
from reconciler.planner.hold import healed_while_held, holds, release, rollback
from reconciler.planner.homes import homes, things
from reconciler.planner.ignoring import left_alone, minded
from reconciler.planner.moves import (
    begun_at,
    left_behind,
    needed_places,
    origin_of,
    removal,
)
from reconciler.planner.order import CycleError, Session, only, order
from reconciler.planner.policy import (
    changed_rules,
    graph_rules,
    in_force,
    restraint_of,
)
from reconciler.planner.removal import removed_graph
from reconciler.planner.renaming import clash, renamed_graphs
from reconciler.planner.restoring import restored_alone, restored_graph
from reconciler.planner.risk import with_risks
from reconciler.planner.select import Selection, selected
from reconciler.planner.target import new_uid
from reconciler.planner.through import Sitting, let_through
from reconciler.planner.withhold import Court


def make_plan(world: World) -> Plan:
    """The whole plan. Pure: the same world gives the same plan, byte for byte."""
    draft = Draft()
    live, foreign = taken_over(world.graphs, world.live, world.request)
    world = replace(world, live=renamed_graphs(world.graphs, live), foreign=foreign)
    if world.request.only:
        return _only_asked(world)
    for key in sorted(things("Engine", world.engines, world.live)):
        draft_engine(world, draft, key)
    taken: set[str] = {graph.uid for graph in world.live.graphs.values()}
    for key in sorted(things("Graph", world.graphs, world.live)):
        _graph(world, draft, key, taken)
    keep_engines(world, draft)
    home = homes(world.engines, world.graphs, world.live)
    chosen = selected(draft.changes, draft.sessions, world.request, home)
    changes = with_risks(sorted((c for c in draft.changes if c.key in chosen.changes),
                                key=lambda change: change.key), world.live)  # fmt: skip
    steps, cycle = _ordered(draft.sessions, chosen)
    blocks = tuple(c.blocked for c in changes if c.blocked)
    seen = seen_digests(changes, steps, world.live)
    whole = Plan(
        world.project.owner,
        changes,
        steps,
        order(session for session in draft.housekeeping if session.key in chosen.sessions),
        (*world.live.problems, *chosen.problems, *cycle, *blocks),
        notes=world.notes,
        held=tuple(draft.held),
        drift=tuple(d for d in draft.drift if d.change.key in chosen.changes | chosen.sessions),
        policies=in_force(world.policies, home),
        bound=tuple(draft.bound),
        fingerprint=fingerprint_of(changes, steps, seen),
        revision=world.revision,
        seen=seen,
    )
    return let_through(whole, _sitting(world, home, draft.sessions, chosen))


def _sitting(
    world: World, home: Mapping[Key, Key], sessions: Iterable[Session], chosen: Selection
) -> Sitting:
    """What is needed to judge what of a plan may be done now."""
    mine = {s.key: s for s in sessions if s.key in chosen.sessions}
    acts = {key: session.acts for key, session in mine.items()}
    court = Court(world.policies, world.live, world.request, world.approvals, home, acts)
    return Sitting(court, mine, world.project, world.engines, world.graphs)


def _only_asked(world: World) -> Plan:
    """The plan of what people ask for by name, and nothing else."""
    changes, sessions = sessions_asked(world.live, world.request, world.project.owner)
    changes, steps = with_risks(changes, world.live), order(sessions)
    seen = seen_digests(changes, steps, world.live)
    hidden = sorted(world.request.only & world.live.unknown.keys())
    whole = Plan(world.project.owner, changes, steps,
                 problems=(*unaskable(world.live, world.request),
                           *(world.live.unknown[key] for key in hidden)),
                 fingerprint=fingerprint_of(changes, steps, seen), revision=world.revision,
                 seen=seen)  # fmt: skip
    every = Selection(world.request.only, world.request.only)
    home = homes(world.engines, world.graphs, world.live)
    return let_through(whole, _sitting(world, home, sessions, every))


def _graph(world: World, draft: Draft, key: Key, taken: set[str]) -> None:
    wish, live = world.graphs.get(key), world.live.graphs.get(key)
    problem = graph_block(key, wish, live, world.live, draft.stuck(), world.traits)
    if problem is None and wish:
        problem = clash(wish, world.live)
    if problem is None and wish and key in world.foreign:
        problem = adoption_block(wish, world.foreign[key])
    if problem:
        draft.changes.append(blocked(key, problem))
    elif wish:
        _wished(world, draft, wish, live, taken)
    elif live and live.ours:
        engine = world.live.engines.get(live.engine)
        elsewhere = tuple(removal(part, world.live) for part in live.elsewhere)
        change, acts = removed_graph(live, engine, world.project.owner, elsewhere)
        draft.changes.append(change)
        takes = frozenset({f"graph:{live.uid}"})
        needs = _lives_on(live) | needed_places(live, draft.left)
        draft.sessions.append(Session(key, acts, needs, takes, leaves=True))


def _lives_on(live: LiveGraph | None) -> frozenset[Key]:
    return frozenset(part.engine for part in (live, *live.elsewhere)) if live else frozenset()


def _wished(
    world: World, draft: Draft, wish: GraphWish, live: LiveGraph | None, taken: set[str]
) -> None:
    wish = replace(wish, rules=graph_rules(world.policies, wish))
    draft.bound += changed_rules(wish.key, restraint_of(wish.key, world.live), wish.rules)
    seen = restored_graph(wish, live) if live else None
    restored = seen is not live
    uid = seen.uid if seen else new_uid(wish, frozenset(taken))
    taken.add(uid)
    traits = world.traits[wish.engine.type]
    declared = wish_digest(minded(wish, world.policies))
    wish, drift = left_alone(wish, world.live, seen, traits, world.policies)
    draft.drift += drift
    case = Case(wish, seen, traits, world.request, world.live.now, uid, restored,
                origin_of(wish, seen, world.live), begun_at(wish, seen),
                left_behind(wish, seen, world.live), declared)  # fmt: skip
    if _asked_of_pointer(draft, case):
        return
    plan = route_graph(case)
    if problem := hindrance(case, plan):
        draft.changes.append(blocked(wish.key, problem))
        return
    changes = graph_changes(case, plan)
    first: tuple[Act, ...] = ()
    if (foreign := world.foreign.get(wish.key)) and seen:
        changes = adopted_rows(wish, foreign, seen, changes)
        first = adoption_acts(graph_at(case), seen)
    elif world.policies.reports(wish.key) and came_by_itself(case):
        draft.drift += [Drift(c, ignored=False) for c in changes if c.action is not Action.MARK]
        changes, acts = graph_marks(wish, seen, None)
        plan = replace(plan, acts=acts)
    if restored and all(change.key != wish.key for change in changes):
        draft.changes.append(Change(wish.key, Action.MARK, reason="its lost pointer is restored"))
    draft.changes += changes
    needs = wish.needs | {wish.engine.key} | _lives_on(seen) | needed_places(seen, draft.left)
    session = Session(wish.key, (*first, *plan.acts), needs, frozenset({f"graph:{uid}"}))
    draft.sessions.append(session)
    if not session.acts:
        draft.housekeeping.append(replace(session, acts=plan.housekeeping))


def _asked_of_pointer(draft: Draft, case: Case) -> bool:
    """Whether the graph's plan is decided by what people said of its copies, not by its wish."""
    key, pointer = case.wish.key, case.live.pointer if case.live else None
    at = case.origin or graph_at(case)  # its copies and its server are where it answers
    if key in case.request.rollback:
        found = rollback(case, at)
        if isinstance(found, Problem):
            draft.changes.append(blocked(key, found))
            return True
        changes, acts = found
    elif alone := restored_alone(case, at):
        changes, acts = alone[:1], alone[1:]
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
    draft.staying.add(key)
    draft.changes += changes
    takes = frozenset({f"graph:{case.uid}"})
    draft.sessions.append(Session(key, acts, case.wish.needs | {case.wish.engine.key}, takes))
    return True


def _ordered(
    sessions: list[Session], chosen: Selection
) -> tuple[tuple[Step, ...], tuple[Problem, ...]]:
    try:
        return only(order(sessions), chosen.sessions), ()
    except CycleError as error:
        ring = " -> ".join(str(key) for key in error.args[1])
        says = f"these wait for each other: {ring}"
        return (), (Problem("error", says, "RF103", hint="drop one `dependsOn`"),)
