"""What people hold back: which changes of a plan wait, for what, and what lets them through.

A graph's changes are one transaction: where one of them waits, all do. What stands on something
that waits, waits too. What is only a mark never waits: nobody could tighten or lift a rule else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from reconciler.model.change import Action, Change, Risk
from reconciler.model.key import Key
from reconciler.model.observed import Snapshot
from reconciler.model.plan import Ask, Request, Withheld
from reconciler.model.policy import Approval, Restraint, Rules
from reconciler.model.step import Act
from reconciler.planner.canonical import digest
from reconciler.planner.order import Session
from reconciler.planner.policy import Policies, effective
from reconciler.planner.waits import suspension
from reconciler.planner.windows import opens

_FREE = (Action.MARK, Action.BLOCKED)
Reason = Literal["Approval", "Window", "Suspended", "Together", "Dependency"]


@dataclass(frozen=True, slots=True)
class Court:
    """Everything that holding back depends on.

    `home` maps a thing to what it is a change of, `acts` that to what would be done: rows of a plan
    do not tell the bytes of a file.
    """

    policies: Policies
    live: Snapshot
    request: Request
    approvals: tuple[Approval, ...] = ()
    home: Mapping[Key, Key] = field(default_factory=dict)
    acts: Mapping[Key, tuple[Act, ...]] = field(default_factory=dict)

    def of(self, key: Key) -> Key:
        """The graph or engine that a change is made to."""
        return self.home.get(key, key)

    def rules(self, key: Key) -> Rules:
        """What binds a change."""
        return effective(self.policies, self.of(key), key, self.live)

    def sleeps(self, key: Key) -> bool:
        """Whether a thing is suspended: nothing of it is tidied up either, a kept copy least."""
        return bool(suspension(self.of(key), self.live)) or self.rules(key).suspend

    def asks(self, key: Key, changes: Iterable[Change]) -> bool:
        """Whether the rules want somebody to agree to these changes of one thing."""
        approve = self.rules(key).approve
        high = any(change.risk is Risk.HIGH for change in changes)
        return approve == "always" or (approve == "high-risk" and high)

    def digest(self, key: Key, changes: Iterable[Change]) -> str:
        """What an approval of these changes of one thing is for."""
        home = self.of(key)
        done = self.acts.get(home, ())
        return digest(str(key), tuple(changes), done, _judged_on(home, self.live))

    def approval(self, key: Key, changes: Iterable[Change]) -> Approval | None:
        """The approval of exactly these changes in exactly this world, if it is not too old."""
        if not any(one.address == str(key) for one in self.approvals):
            return None
        wanted = self.digest(key, changes)
        return next((one for one in self.approvals if one.address == str(key)
                     and one.digest == wanted and self.live.now < one.expires), None)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """What waits, and the sessions that it takes along."""

    withheld: tuple[Withheld, ...] = ()
    sessions: frozenset[Key] = frozenset()


def by_thing(changes: Iterable[Change]) -> Mapping[Key, tuple[Change, ...]]:
    """The changes that may be held back, by the thing that they are about."""
    found: dict[Key, tuple[Change, ...]] = {}
    for change in changes:
        if change.action not in _FREE:
            found[change.key] = (*found.get(change.key, ()), change)
    return found


def hold_back(changes: Iterable[Change], sessions: Iterable[Session], court: Court) -> Verdict:
    """Judge every change by the rules that bind it."""
    things = by_thing(changes)
    own: dict[Key, tuple[Reason, str, float | None]] = {}
    for key, found in things.items():
        if reason := _reason(court, key, found):
            own[key] = reason
    stopped = {court.of(key): "" for key in own}
    busy = {s.key: s for s in sessions if s.acts}
    _spread(stopped, busy)
    for session in busy.values():  # an engine that has its new place and only waits to leave one
        if session.key in stopped and session.serves and session.serves not in busy:
            stopped.setdefault(session.serves, stopped[session.key])
    first = {court.of(key): key for key in sorted(own, reverse=True)}
    withheld = []
    for key, found in things.items():
        home = court.of(key)
        if home not in stopped:
            continue
        why, says, until = own.get(key) or _with(first.get(home), stopped[home])
        withheld += [Withheld(change, home, why, says, until) for change in found]
    return Verdict(tuple(withheld), frozenset(stopped))


def ask(court: Court, key: Key, changes: Iterable[Change]) -> Ask:
    """What an approval of these changes of one thing would have to be for."""
    changes = tuple(changes)
    acts = ", ".join(sorted({str(change.action) for change in changes}))
    return Ask(key, court.of(key), court.digest(key, changes), acts)


def _judged_on(home: Key, live: Snapshot) -> Any:
    """What an approval rests on: the live thing, apart from its process and from our rules."""
    graph = live.graphs.get(home)
    if graph is None:
        engine = live.engines.get(home)
        return replace(engine, restraint=Restraint(), guard={}) if engine else None
    pointer = graph.pointer
    bare = replace(pointer, restraint=Restraint(), applied="") if pointer else None
    return replace(graph, unit=None, pointer=bare)


def _reason(
    court: Court, key: Key, changes: tuple[Change, ...]
) -> tuple[Reason, str, float | None] | None:
    home = court.of(key)
    if by := suspension(home, court.live):
        return "Suspended", f"suspended {by}", None
    if home in court.request.rollback | court.request.only:
        return None  # somebody asks for it by a command of its own, at this moment
    if court.rules(key).suspend:
        return "Suspended", f"suspended by {_who(court, key, 'suspend')}", None
    opening = opens(court.rules(key).windows, court.live.now)
    if opening != court.live.now:
        return "Window", _closed(opening, _who(court, key, "windows")), opening
    if court.asks(key, changes) and court.approval(key, changes) is None:
        return "Approval", _unapproved(court, key), None
    return None


def _closed(opening: float | None, by: str) -> str:
    if opening is None:
        return f"outside of the windows of {by}, which do not open"
    at = datetime.fromtimestamp(opening, UTC).isoformat(timespec="minutes")
    return f"outside of the windows of {by}, until {at}"


def _unapproved(court: Court, key: Key) -> str:
    given = [one for one in court.approvals if one.address == str(key)]
    if not given:
        return f"waits for approval ({_who(court, key, 'approve')})"
    last = max(given, key=lambda one: one.at)
    if court.live.now >= last.expires:
        return f"waits for approval: that of {last.by} expired"
    return f"waits for approval: what {last.by} approved is not this change of this world"


def _who(court: Court, key: Key, field_: str) -> str:
    """The Policies that set a field for a thing; they may be gone from the documents."""
    home = court.of(key)
    wishes = {w.key: w for k in (key, home) for w in court.policies.on(k)}
    names = [str(k) for k, w in sorted(wishes.items()) if getattr(w.rules, field_) not in
             (False, (), "never")]  # fmt: skip
    return ", ".join(names) or "a Policy that was applied before"


def _spread(stopped: dict[Key, str], sessions: Mapping[Key, Session]) -> None:
    """Also what needs something that waits, and what may only leave once others have changed."""
    grown = True
    while grown:
        grown = False
        for key, session in sessions.items():
            for need in sorted(session.needs & sessions.keys()):
                later, first = (need, key) if sessions[need].leaves else (key, need)
                if session.leaves and not sessions[need].leaves:
                    continue  # it may go whatever becomes of what it stood on
                if first in stopped and later not in stopped:
                    stopped[later] = f"waits for {first}"
                    grown = True


def _with(first: Key | None, waits: str) -> tuple[Reason, str, float | None]:
    if first is None:
        return "Dependency", waits, None
    return "Together", f"with {first}, in one transaction", None
