"""Who waits for whom. The acts of a session stand in a row; sessions wait for what they need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from reconciler.model.key import Key
from reconciler.model.step import Act, Step


@dataclass(frozen=True, slots=True)
class Session:
    """Acts that stand or fall together, in order. `leaves` marks one that takes things away.

    `serves` is the declared thing that they are done for, if not `key`.
    """

    key: Key
    acts: tuple[Act, ...]
    needs: frozenset[Key] = frozenset()
    takes: frozenset[str] = frozenset()
    leaves: bool = False
    serves: Key | None = None


def order(sessions: Iterable[Session]) -> tuple[Step, ...]:
    """The steps, in an order that may be walked, each with those it waits for.

    arrive: a session that makes something waits for the sessions of what it needs;
    leave: one that takes something away waits until all that needed it have left or changed.

    Raises:
        CycleError: sessions need each other in a ring; its second argument names it.
    """
    by_key = {session.key: session for session in sessions if session.acts}
    waits: dict[Key, set[Key]] = {key: set() for key in by_key}
    for session in by_key.values():
        for need in session.needs & by_key.keys():
            first, last = (session.key, need) if by_key[need].leaves else (need, session.key)
            waits[last].add(first)
    steps: dict[Key, tuple[Step, ...]] = {}
    for key in _sorted(waits):
        before = frozenset(steps[need][-1].id for need in waits[key])
        steps[key] = _chain(by_key[key], before)
    return tuple(step for key in steps for step in steps[key])


def _sorted(waits: Mapping[Key, set[Key]]) -> Iterable[Key]:
    """Keys after all they wait for; among those that may come next, in key order."""
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _chain(session: Session, before: frozenset[str]) -> tuple[Step, ...]:
    found: list[Step] = []
    for number, act in enumerate(session.acts, start=1):
        waits = frozenset({found[-1].id}) if found else before
        id_ = f"{session.key} {number} {_name(act)}"
        serves = session.serves or session.key
        found.append(Step(id_, serves, session.key, act, waits, session.takes))
    return tuple(found)


def _name(act: Act) -> str:
    what = getattr(act, "load", None) or getattr(act, "carry", None)
    name = type(act).__name__
    return f"{name} {what.type}" if what is not None else name


def only(steps: Iterable[Step], sessions: frozenset[Key]) -> tuple[Step, ...]:
    """Those of `steps` that belong to `sessions`; waits for others fall away."""
    kept = [step for step in steps if step.session in sessions]
    ids = {step.id for step in kept}
    return tuple(replace(step, waits=step.waits & ids) for step in kept)


def waits_of(steps: Iterable[Step]) -> Mapping[Key, frozenset[Key]]:
    """For each session, in the order of `steps`, the sessions that it waits for."""
    of: dict[str, Key] = {}
    found: dict[Key, set[Key]] = {}
    for step in steps:
        of[step.id] = step.session
        before = {of[id_] for id_ in step.waits if id_ in of} - {step.session}
        found.setdefault(step.session, set()).update(before)
    return {key: frozenset(before) for key, before in found.items()}


__all__ = ["CycleError", "Session", "only", "order", "waits_of"]
