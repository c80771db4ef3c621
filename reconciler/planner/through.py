"""What of a whole plan goes through now: the rest is withheld, and what remains is guarded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.plan import Ask, Plan
from reconciler.model.resource import Project
from reconciler.model.step import Act, Step
from reconciler.model.wish import EngineWish, GraphWish
from reconciler.planner.drift import graph_marks
from reconciler.planner.engines import engine_marks
from reconciler.planner.guard import answerable, refusals
from reconciler.planner.order import Session, order
from reconciler.planner.policy import engine_rules, graph_rules
from reconciler.planner.risk import with_risks
from reconciler.planner.withhold import Court, Verdict, ask, by_thing, hold_back


@dataclass(frozen=True, slots=True)
class Sitting:
    """A court with what it judges about: the sessions that were chosen, and both sides."""

    court: Court
    sessions: Mapping[Key, Session]
    project: Project
    engines: Mapping[Key, EngineWish]
    graphs: Mapping[Key, GraphWish]


def let_through(whole: Plan, sitting: Sitting) -> Plan:
    """`whole` without what is withheld.

    Its fingerprint stays: neither the clock nor an approval makes it another plan.
    """
    court = sitting.court
    verdict = hold_back(whole.changes, sitting.sessions.values(), court)
    held = {id(one.change) for one in verdict.withheld}
    changes = tuple(change for change in whole.changes if id(change) not in held)
    steps = tuple(step for step in whole.steps if step.session not in verdict.sessions)
    if verdict.sessions:
        marks, mark_steps = _marks(sitting, verdict.sessions)
        changes = tuple(sorted((*changes, *marks), key=lambda change: change.key))
        steps = _merged(steps, mark_steps)
    things = by_thing(changes)
    allowed, guard = court.request.allow_deletes, sitting.project.guard
    liftable = answerable(changes, court.live, guard, allowed=allowed)
    approved = {
        key: approval
        for key in things
        if (approval := court.approval(key, things[key]))
        and (key in liftable or court.asks(key, things[key]))
    }
    free = [change for change in changes if change.key not in approved]
    protected = [change for change in changes if change.key in approved]
    return replace(
        whole,
        changes=changes,
        steps=steps,
        housekeeping=tuple(s for s in whole.housekeeping if not court.sleeps(s.session)),
        withheld=verdict.withheld,
        waiting=tuple(s for s in whole.steps if s.session in verdict.sessions),
        refusals=(*refusals(protected, court.live, guard, allowed=True),
                  *refusals(free, court.live, guard, allowed=allowed)),
        asks=_asks(court, verdict, things, answerable(free, court.live, guard, allowed=allowed)),
        approved=tuple(approved[key] for key in sorted(approved)),
    )  # fmt: skip


def _asks(
    court: Court, verdict: Verdict, things: Mapping[Key, tuple[Change, ...]], refused: Iterable[Key]
) -> tuple[Ask, ...]:
    """What an approval would let through: what waits for one, and what is refused without one."""
    waiting: dict[Key, tuple[Change, ...]] = {}
    for one in verdict.withheld:
        if one.reason == "Approval":
            key = one.change.key
            waiting[key] = (*waiting.get(key, ()), one.change)
    found = {**waiting, **{key: things[key] for key in refused if key in things}}
    return tuple(ask(court, key, found[key]) for key in sorted(found))


def _marks(sitting: Sitting, stopped: Iterable[Key]) -> tuple[tuple[Change, ...], tuple[Step, ...]]:
    """What holds changes back is kept with the live things also where all else of them waits."""
    live = sitting.court.live
    changes: list[Change] = []
    sessions: list[Session] = []
    for key in sorted(set(stopped) & sitting.sessions.keys()):
        graph, engine = sitting.graphs.get(key), sitting.engines.get(key)
        seen = live.engines.get(key)
        if graph:
            wish = replace(graph, rules=graph_rules(sitting.court.policies, graph))
            mine = live.graphs.get(key)
            found, acts = graph_marks(wish, mine, _engine_of(mine, live))
        elif engine and seen and seen.ours:
            found, acts = _engine_marks(sitting, engine, seen)
        else:
            continue  # it is to go, or is not there yet: nothing new binds it
        changes += found
        sessions.append(Session(key, acts, takes=sitting.sessions[key].takes))
    return with_risks(changes, live), order(sessions)


def _engine_of(graph: LiveGraph | None, live: Snapshot) -> LiveEngine | None:
    """The engine at the place where a graph is."""
    engine = live.engines.get(graph.engine) if graph else None
    return engine.at(graph.place) or engine if graph and engine else None


def _engine_marks(
    sitting: Sitting, wish: EngineWish, live: LiveEngine
) -> tuple[tuple[Change, ...], tuple[Act, ...]]:
    wish = replace(wish, rules=engine_rules(sitting.court.policies, wish))
    change, acts = engine_marks(wish, live, sitting.project.owner, sitting.project.guard)
    return ((change,) if change else ()), acts


def _merged(steps: Iterable[Step], marks: Iterable[Step]) -> tuple[Step, ...]:
    kept = tuple(steps)
    ids = {step.id for step in kept}
    return (*(replace(step, waits=step.waits & ids) for step in kept), *marks)
