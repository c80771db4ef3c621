"""What the loop remembers of engines: whether one fails as a whole, and how often it was acted on.

One thing that fails waits for itself (`recent`). Where an engine fails several things in a row, its
place, its disk or its runtime is what is wrong: then one of them is tried at a time, ever later,
and the first that goes well lets the others be tried at once. What did not fail is not held up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan
from reconciler.model.problem import Problem
from reconciler.model.step import CreateEngine, InstallRuntime, RemoveEngine, Step
from reconciler.model.waiting import Waiting, Waits

BROKEN = 3  # things of one engine that failed in a row are no accident
OF_ENGINES = frozenset({"ST100", "ST103", "OS100"})  # no answer, no start, no disk
BUDGET, PER_S = 120, 60.0  # turns that act on one engine: no world is so restless by itself


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one engine, `failed`: what failed by it since anything went well there, the latest last.

    From `BROKEN` of them on it is `tried` in vain so often, and not again before `until`. `acted`:
    when turns acted on it lately. Times in UTC seconds.
    """

    failed: Mapping[Key, Problem]
    tried: int = 0
    since: float = 0.0
    until: float = 0.0
    acted: tuple[float, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it fails as a whole."""
        return len(self.failed) >= BROKEN


Engines = Mapping[Key, Standing]
NEW = Standing({})


def after(
    engines: Engines, plan: Plan, outcome: Outcome, now: float, pause_s: Callable[[int], float]
) -> tuple[Engines, frozenset[Key]]:
    """What is known after acts, and what may be tried at once because its engine works again.

    `pause_s` is how long to wait after so many failures.
    """
    found, freed = dict(engines), set[Key]()
    homes = homes_of(plan.steps)
    bad, good = _judged(plan.steps, outcome)
    for engine in set(homes.values()):
        here = {key for key, home in homes.items() if home == engine}
        before = found.get(engine, NEW)
        acted = (*(t for t in before.acted if abs(now - t) < PER_S), now)
        failed = {key: problem for key, problem in bad.items() if key in here}
        if good & here:
            freed |= before.failed.keys() if before.broken else set()
            found[engine] = Standing({}, acted=acted)
            continue
        older = {key: why for key, why in before.failed.items() if key not in failed}
        known = replace(before, failed={**older, **failed}, acted=acted)
        if failed and known.broken:
            tried = known.tried + 1
            known = replace(known, tried=tried, since=now, until=now + pause_s(tried))
        found[engine] = known
    return found, frozenset(freed)


def anew(engines: Engines) -> Engines:
    """The memory for other documents: everything may be tried, and no more often than before."""
    return {key: replace(NEW, acted=known.acted) for key, known in engines.items()}


def resting(engines: Engines, plan: Plan, waiting: Collection[Key], now: float) -> Waits:
    """What of a plan is left alone because of its engine, beside what waits for itself."""
    found: dict[Key, Waiting] = {}
    homes = {k: home for k, home in homes_of(plan.steps).items() if home in engines}
    for engine in set(homes.values()):
        known = engines[engine]
        here = [key for key, home in homes.items() if home == engine and key not in waiting]
        if len(young := [t for t in known.acted if 0 <= now - t < PER_S]) >= BUDGET:
            wait = Waiting("ProgressingWithRetry", min(young) + PER_S, since=now,
                           problem=_restless(engine))  # fmt: skip
            found |= dict.fromkeys(here, wait)
        elif known.broken:
            again = [key for key in known.failed if key in here]
            rest = again if known.since <= now < known.until else again[1:]
            found |= {key: _left(engine, known, key, now) for key in rest}
    return found


def soonest(engines: Engines, now: float) -> Iterable[float]:
    """Seconds until something may be tried again, by engine."""
    return (known.until - now for known in engines.values()
            if known.broken and known.since <= now < known.until)  # fmt: skip


def homes_of(steps: Iterable[Step]) -> Mapping[Key, Key]:
    """The engine of each session that acts on one."""
    found: dict[Key, Key] = {}
    for step in steps:
        match step.act:
            case InstallRuntime():
                pass
            case CreateEngine(engine=wish):
                found.setdefault(step.session, wish.key)
            case RemoveEngine(key=key):
                found.setdefault(step.session, key)
            case act:
                found.setdefault(step.session, act.graph.engine.key)
    return found


def _judged(
    steps: Iterable[Step], outcome: Outcome
) -> tuple[Mapping[Key, Problem], frozenset[Key]]:
    """The sessions that failed by their engine, with why, and the graphs of which all was done.

    That an engine's place could be made proves nothing for what is to lie in it.
    """
    bad: dict[Key, Problem] = {}
    whole: dict[Key, bool] = {}
    done = frozenset(outcome.done)
    for step in steps:
        whole[step.session] = whole.get(step.session, True) and step.id in done
        told = [p for p in outcome.failed.get(step.id, ()) if p.code in OF_ENGINES]
        if told:
            bad.setdefault(step.session, told[0])
    return bad, frozenset(key for key, good in whole.items() if good and key.kind == "Graph")


def _left(engine: Key, known: Standing, key: Key, now: float) -> Waiting:
    says = f"{len(known.failed)} things of {engine} failed one after the other: one is tried first"
    why = Problem("error", f"{says}: {known.failed[key].summary}", "ST108",
                  hint=f"look at {engine}: its place, its disk, its runtime",
                  address=str(key))  # fmt: skip
    until = known.until if now < known.until else now + PER_S
    return Waiting("ProgressingWithRetry", until, known.tried, why, now)


def _restless(engine: Key) -> Problem:
    says = (
        f"{engine} was acted on {BUDGET} times within {PER_S:.0f} s: it is left alone for a while"
    )
    return Problem("error", says, "ST109", hint="what changes again and again?",
                   address=str(engine))  # fmt: skip
