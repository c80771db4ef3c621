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

    A graph's session is chosen whole: its loads and procedures are one transaction with it.
    """
    by_key = {session.key: session for session in sessions}
    keys = [change.key for change in changes]
    of = {key: session_of.get(key, key) for key in keys}
    chosen = set(by_key) | set(of.values())
    named = request.targets | request.reload | request.rebuild | request.rollback
    unmet = sorted(t for t in named if t not in session_of and t not in of)
    problems = tuple(
        Problem("error", f"{key}: no such thing, declared or live", "RF104", address=str(key))
        for key in unmet
    )
    if request.targets:
        wanted = {session_of.get(t, t) for t in request.targets}
        chosen &= _closed(wanted, {k: s.needs for k, s in by_key.items()})
    if request.excludes:
        back: dict[Key, set[Key]] = {}
        for key, session in by_key.items():
            for need in session.needs:
                back.setdefault(need, set()).add(key)
        out = {session_of.get(e, e) for e in request.excludes}
        chosen -= _closed(out, {k: frozenset(v) for k, v in back.items()})
    kept = frozenset(key for key in keys if of[key] in chosen)
    return Selection(frozenset(chosen), kept, problems)


def _closed(start: set[Key], edges: Mapping[Key, frozenset[Key]]) -> set[Key]:
    reached, frontier = set(start), set(start)
    while frontier:
        frontier = {n for key in frontier for n in edges.get(key, frozenset())} - reached
        reached |= frontier
    return reached
