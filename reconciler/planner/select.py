"""`--target` and `--exclude`: which sessions of a plan are meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.plan import Request
from reconciler.model.problem import Problem
from reconciler.planner.order import Session


@dataclass(frozen=True, slots=True)
class Selection:
    """What remains: sessions, and the changes that they stand for."""

    sessions: frozenset[Key]
    changes: frozenset[Key]
    problems: tuple[Problem, ...] = ()


def selected(
    changes: Iterable[Change],
    sessions: Iterable[Session],
    request: Request,
    session_of: Mapping[Key, Key],
) -> Selection:
    """A target takes what it needs along, an exclusion what needs it.

    What goes away needs that all that stands on it has gone or changed before. A graph's session
    is chosen whole: its loads and procedures are one transaction with it.
    """
    by_key = {session.key: session for session in sessions}
    keys = [change.key for change in changes]
    of = {key: session_of.get(key, key) for key in keys}
    chosen = set(by_key) | set(of.values())
    named = request.targets | request.reload | request.rebuild | request.rollback | request.only
    unmet = sorted(t for t in named if t not in session_of and t not in of)
    problems = tuple(
        Problem("error", f"{key}: no such thing, declared or live", "RF104", address=str(key))
        for key in unmet
    )
    if request.only:
        return Selection(request.only, frozenset(k for k in keys if of[k] in request.only),
                         problems)  # fmt: skip
    if request.targets:
        wanted = _closed({session_of.get(t, t) for t in request.targets}, _first(by_key))
        chosen &= wanted | _left_places(by_key, wanted)
    if request.excludes:
        out = {session_of.get(e, e) for e in request.excludes}
        chosen -= _closed(out, _turned(_first(by_key)))
    chosen -= _still_needed(by_key, chosen)
    kept = frozenset(key for key in keys if of[key] in chosen)
    return Selection(frozenset(chosen), kept, problems)


def _first(sessions: Mapping[Key, Session]) -> Mapping[Key, frozenset[Key]]:
    """For each session what has to be done with it: the order in which they are walked."""
    found: dict[Key, set[Key]] = {key: set() for key in sessions}
    for key, session in sessions.items():
        for need in session.needs:
            if need in sessions and sessions[need].leaves:
                found[need].add(key)
            else:
                found[key].add(need)
    return {key: frozenset(keys) for key, keys in found.items()}


def _turned(edges: Mapping[Key, frozenset[Key]]) -> Mapping[Key, frozenset[Key]]:
    found: dict[Key, set[Key]] = {}
    for key, others in edges.items():
        for other in others:
            found.setdefault(other, set()).add(key)
    return {key: frozenset(keys) for key, keys in found.items()}


def _left_places(sessions: Mapping[Key, Session], wanted: set[Key]) -> set[Key]:
    """Old places of engines that something that is meant moves away from."""
    needs = {need for key in wanted & sessions.keys() for need in sessions[key].needs}
    return {key for key in needs & sessions.keys() if sessions[key].serves}


def _still_needed(sessions: Mapping[Key, Session], chosen: set[Key]) -> set[Key]:
    """What would leave while something stays at it that is not meant."""
    staying = {need for key, s in sessions.items() if key not in chosen for need in s.needs}
    return {key for key in staying & chosen & sessions.keys() if sessions[key].leaves}


def _closed(start: set[Key], edges: Mapping[Key, frozenset[Key]]) -> set[Key]:
    reached, frontier = set(start), set(start)
    while frontier:
        frontier = {n for key in frontier for n in edges.get(key, frozenset())} - reached
        reached |= frontier
    return reached
