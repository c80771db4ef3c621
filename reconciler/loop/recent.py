"""What the loop remembers of its last turns. Losing it only delays: facts are looked at anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.loop import engines as engine_memory
from reconciler.loop.crashes import LOOPS, SHORT_S, Crashes, Servers
from reconciler.loop.engines import Engines
from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan
from reconciler.model.problem import Problem
from reconciler.model.step import StartUnit, Switch
from reconciler.model.waiting import Reason, Waiting, Waits
from reconciler.planner.canonical import digest

FIRST_S, LONGEST_S = 1.0, 300.0
TURNS = 3  # a change that was done as often and is wished again is fought by somebody
WINDOW_S = 600.0


@dataclass(frozen=True, slots=True)
class Recent:
    """`turns`: when a change, by its digest, was done to a thing while the documents stayed.

    `unseen`: what could not be seen, and in how many looks in a row.
    """

    revision: str = ""
    waits: Mapping[Key, Waiting] = field(default_factory=dict)
    turns: Mapping[tuple[Key, str], tuple[float, ...]] = field(default_factory=dict)
    crashes: Crashes = field(default_factory=Crashes)
    engines: Engines = field(default_factory=dict)
    unseen: Mapping[Key, int] = field(default_factory=dict)

    def of(self, revision: str) -> Recent:
        """The memory for these documents: with others, everything may be tried at once."""
        if revision == self.revision:
            return self
        return Recent(revision, crashes=Crashes(self.crashes.running),
                      engines=engine_memory.anew(self.engines))  # fmt: skip

    def saw(self, servers: Servers, unseen: Iterable[Key], now: float) -> Recent:
        """The memory after a look.

        A server that ended within `SHORT_S` seconds of its start is started again after 1, 2, 4 …
        300 s; one that ran for longer at once.
        """
        crashes, ended = self.crashes.saw(servers, now)
        waits = dict(self.waits)
        for key in ended:
            waits[key] = _crashed(key, crashes.short[key], now)
        times = {key: self.unseen.get(key, 0) + 1 for key in unseen}
        return replace(self, waits=waits, crashes=crashes, unseen=times)

    def waiting(self, now: float) -> Mapping[Key, Waiting]:
        """What is left alone now."""
        return {key: wait for key, wait in self.waits.items() if wait.lasts(now)}

    def resting(self, plan: Plan, now: float) -> Waits:
        """What of a plan is left alone now: for itself, or because of its engine."""
        waits = self.waiting(now)
        return {**engine_memory.resting(self.engines, plan, waits, now), **waits}

    def soonest(self, now: float) -> float | None:
        """Seconds from a look at `now` until the next one that something needs; None: nothing.

        What waits may be tried again then; what could not be seen may be seen.
        """
        left = [wait.until - now for wait in self.waits.values() if wait.lasts(now)]
        left += engine_memory.soonest(self.engines, now)
        left += map(_pause_s, self.unseen.values())
        return min(left, default=None)


def after(recent: Recent, plan: Plan, outcome: Outcome, now: float, jitter: float) -> Recent:
    """The memory after a turn. `jitter` in [0, 1) spreads tries that would meet.

    A thing that failed waits twice as long each time, up to five minutes. A change that was done
    `TURNS` times within ten minutes, under the same documents, waits until they change.
    """
    failed = _failed(plan, outcome)
    touched = {step.session for step in plan.steps}
    crashes = recent.crashes.after(touched, _started(plan, outcome.done) - failed.keys(),
                                   _started(plan, outcome.failed), now)  # fmt: skip
    waits = dict(recent.waiting(now))
    for key, problem in failed.items():
        short = crashes.short.get(key, 0)
        count = max(short, recent.waits[key].failures + 1 if key in recent.waits else 1)
        pause = _pause_s(count) * (1 + jitter / 4)
        waits[key] = Waiting(_reason(short), now + pause, count, problem, now)
    turns = _turns(recent, plan, failed, now)
    for (key, _), times in turns.items():
        if len(times) >= TURNS and key not in waits:
            waits[key] = Waiting("Oscillating", max(times) + WINDOW_S, since=now)
    engines, freed = engine_memory.after(recent.engines, plan, outcome, now, _pause_s)
    waits = {key: wait for key, wait in waits.items() if key not in freed or key in failed}
    return replace(recent, waits=waits, turns=turns, crashes=crashes, engines=engines)


def _pause_s(failures: int) -> float:
    return min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 9))


def _crashed(key: Key, short: int, now: float) -> Waiting:
    times = "once" if short == 1 else f"{short} times in a row"
    says = f"{key}: its server ended {times}, each time within {SHORT_S:.0f} s of its start"
    problem = Problem("error", says, "ST107", hint=f"`gsctl logs {key}`", address=str(key))
    return Waiting(_reason(short), now + _pause_s(short), short, problem, now)


def _reason(short: int) -> Reason:
    return "CrashLoop" if short >= LOOPS else "ProgressingWithRetry"


def _started(plan: Plan, ids: Collection[str]) -> frozenset[Key]:
    """The graphs whose server was to be started by one of these steps."""
    return frozenset(
        step.session
        for step in plan.steps
        if step.id in ids
        and isinstance(step.act, StartUnit | Switch)
        and step.act.pointer.mode == "served"
    )


def _failed(plan: Plan, outcome: Outcome) -> Mapping[Key, Problem]:
    """The sessions that did not end well, with the first reason; not those that others held up."""
    found: dict[Key, Problem] = {}
    for step in (*plan.steps, *plan.housekeeping):
        if problems := outcome.failed.get(step.id):
            found.setdefault(step.session, problems[0])
    return found


def _turns(
    recent: Recent, plan: Plan, failed: Iterable[Key], now: float
) -> Mapping[tuple[Key, str], tuple[float, ...]]:
    young = {
        pair: kept
        for pair, times in recent.turns.items()
        if (kept := tuple(t for t in times if abs(now - t) < WINDOW_S))
    }
    acted, failed = {step.session for step in plan.steps}, set(failed)
    for change in plan.changes:
        home = _home(change)
        done = home not in failed if home in acted else bool(acted) and not failed
        if done and (what := _fought(change)):
            pair = (change.key, what)
            young[pair] = (*young.get(pair, ()), now)
    return young


def _home(change: Change) -> Key:
    """The thing in whose session a change is done: of a Load or a Procedure it is the graph."""
    spec = change.after or change.before or {}
    graph = spec.get("graph") if change.key.kind in ("Load", "Procedure") else None
    return change.key.sibling("Graph", graph) if isinstance(graph, str) else change.key


def _fought(change: Change) -> str:
    """What of a change somebody may undo; empty for a server that is started again."""
    fields = [f for f in change.fields if f.path != ("server",)]
    if change.fields and not fields:
        return ""
    return digest(change.action, [(f.path, f.old, f.new) for f in fields])
