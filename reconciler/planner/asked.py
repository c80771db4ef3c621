"""What people ask of a live thing by a command of its own: leave it alone, go on, start it anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.model.change import Action, Change, FieldChange, Route
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveEngine, LiveGraph, Snapshot
from reconciler.model.plan import Request
from reconciler.model.policy import Restraint, Suspension
from reconciler.model.problem import Problem
from reconciler.model.step import Act, CreateEngine, GraphAt, MarkGraph, StartUnit
from reconciler.model.traits import Effect
from reconciler.planner.engines import as_it_is
from reconciler.planner.order import Session
from reconciler.planner.removal import engine_as_seen

Asked = tuple[tuple[Change, ...], tuple[Act, ...]]


def asked_of_engine(live: LiveEngine, request: Request, owner: Owner, now: float) -> Asked:
    """Suspend or resume an engine, and with it the graphs that stand on it."""
    change, restraint = _restrained(live.key, live.restraint, request, now)
    if change is None:
        return (), ()
    mark = CreateEngine(as_it_is(live), live.owner or owner, live.guard, False, restraint)
    return (change,), (mark,)


def asked_of_graph(
    live: LiveGraph, engine: LiveEngine | None, request: Request, owner: Owner, now: float
) -> Asked:
    """Suspend or resume a graph, or start its server anew. It stays what it is."""
    pointer = live.pointer
    if pointer is None:
        return (), ()
    at = GraphAt(live.key, live.owner or owner, live.uid, engine_as_seen(live, engine))
    if live.key in request.restart:
        state = live.unit.state if live.unit else "absent"
        field = FieldChange(("server",), state, "started anew", Effect.RESTART, "asked for")
        change = Change(live.key, Action.UPDATE, (field,), "a restart was asked for", Route.RESTART)
        return (change,), (StartUnit(at, pointer, anew=True),)
    change_, restraint = _restrained(live.key, pointer.restraint, request, now)
    if change_ is None:
        return (), ()
    return (change_,), (MarkGraph(at, replace(pointer, restraint=restraint)),)


def _restrained(
    key: Key, restraint: Restraint, request: Request, now: float
) -> tuple[Change | None, Restraint]:
    if key in request.suspend and restraint.suspended is None:
        wanted = replace(restraint, suspended=Suspension(request.by, now))
        return Change(key, Action.MARK, reason="suspended"), wanted
    if key in request.resume and restraint.suspended is not None:
        since = datetime.fromtimestamp(restraint.suspended.since, UTC).isoformat(timespec="minutes")
        says = f"resumed; {restraint.suspended.by} suspended it {since}"
        return Change(key, Action.MARK, reason=says), replace(restraint, suspended=None)
    return None, restraint


def unaskable(live: Snapshot, request: Request) -> Iterable[Problem]:
    """What cannot be asked: nothing lives there, it is not ours, or it has no server."""
    for key in sorted(request.only):
        thing: LiveEngine | LiveGraph | None = live.graphs.get(key) or live.engines.get(key)
        if key in live.unknown:
            continue  # blocked, with its own reason
        if thing is None or (isinstance(thing, LiveGraph) and thing.pointer is None):
            says, code = f"{key}: there is nothing live of that name", "RF104"
        elif not thing.ours:
            says, code = f"{key}: it is not ours", "DS107"
        elif key in request.restart and not _served(thing):
            says, code = f"{key}: it has no server to start anew", "RF104"
        else:
            continue
        yield Problem("error", says, code, hint="`gsctl get` shows what lives", address=str(key))


def _served(thing: LiveEngine | LiveGraph) -> bool:
    graph = thing if isinstance(thing, LiveGraph) else None
    return bool(graph and graph.pointer and graph.pointer.mode == "served")


def sessions_asked(
    live: Snapshot, request: Request, owner: Owner
) -> tuple[tuple[Change, ...], tuple[Session, ...]]:
    """The rows and sessions of everything that is asked for so."""
    changes: list[Change] = []
    sessions: list[Session] = []
    hindered = {problem.address for problem in unaskable(live, request)} | set(
        map(str, live.unknown)
    )
    for key in sorted(request.only):
        if str(key) in hindered:
            continue
        engine, graph = live.engines.get(key), live.graphs.get(key)
        if graph:
            asked = asked_of_graph(graph, live.engines.get(graph.engine), request, owner, live.now)
        else:
            assert engine, "what is not live is hindered"
            asked = asked_of_engine(engine, request, owner, live.now)
        changes += asked[0]
        takes = frozenset({f"graph:{graph.uid}" if graph else f"engine:{key}"})
        sessions.append(Session(key, asked[1], takes=takes))
    return tuple(changes), tuple(sessions)
