"""The first page: how the environment is, what needs a person, and the things in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.api import Planned
from reconciler.model.change import Risk
from reconciler.model.key import Key
from reconciler.model.plan import Ask, Plan
from reconciler.model.problem import Problem, in_order
from reconciler.model.units import show_count
from reconciler.things import Thing

_PARTS = ("Load", "Procedure")


@dataclass(frozen=True, slots=True)
class Row:
    """A thing below what it stands on: an engine has depth 0, a graph 1, what is of it 2."""

    thing: Thing
    depth: int
    since: float | None


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person. `key` is what it is about, where that is one thing."""

    says: str
    key: Key | None = None
    hint: str = ""
    severity: str = "note"


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody may see of a look. `last` is the last turn with news, where that is for him."""

    planned: Planned
    things: tuple[Thing, ...]
    last: Mapping[str, Any] | None

    @property
    def needs(self) -> list[Need]:
        """What of it waits for a person."""
        return needs(self.planned, self.last)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tone` colours it, as a phase has it; `word` says the same; `says` is the rest."""

    tone: str
    word: str
    says: str


def verdict(part: Part, unready: str, *, acting: bool, summed: Callable[[Plan], str]) -> Verdict:
    """How an environment is. `unready` says why nobody should rely on it, if so."""
    if unready:
        return Verdict("unknown", "Not to be relied on", unready)
    if acting:
        return Verdict("progressing", "Acting", "What was planned is being done")
    if waiting := part.needs:
        says = show_count(len(waiting), "thing waits", "things wait")
        return Verdict("blocked", "Needs a person", says)
    if part.planned.plan.pending:
        return Verdict("pending", "Pending", summed(part.planned.plan))
    many = show_count(len(part.things), "thing")
    return Verdict("ready", "As declared", f"{many}, all as the documents say")


def rows(things: Iterable[Thing], since: Mapping[Key, float]) -> list[Row]:
    """Each thing once, below what it stands on; what stands on nothing known comes last."""
    every = {thing.key: thing for thing in things}
    below: dict[Key | None, list[Thing]] = {}
    for thing in every.values():
        below.setdefault(_stand(thing, every), []).append(thing)
    return list(_rows(below, None, 0, since))


def _rows(
    below: Mapping[Key | None, list[Thing]], stand: Key | None, depth: int,
    since: Mapping[Key, float],
) -> Iterator[Row]:  # fmt: skip
    for thing in below.get(stand, ()):
        yield Row(thing, depth, since.get(thing.key))
        yield from _rows(below, thing.key, depth + 1, since)


def _stand(thing: Thing, every: Mapping[Key, Thing]) -> Key | None:
    """What a thing stands on: a graph on its engine, a Load or a Procedure on its graph."""
    kind, field = ("Engine", "engine") if thing.key.kind == "Graph" else ("Graph", "graph")
    if thing.key.kind not in ("Graph", *_PARTS):
        return None
    for side in (thing.spec, thing.live):
        if side and (key := thing.key.sibling(kind, str(side.get(field, "")))) in every:
            return key
    return None


def needs(planned: Planned, last: Mapping[str, Any] | None) -> list[Need]:
    """What waits for a person, the worst first. `last` is the last turn, where he may see it."""
    plan = planned.plan
    found = [_problem(p) for p in in_order((*plan.refusals, *plan.problems)) if _wants(p)]
    said = {problem.summary for problem in (*plan.refusals, *plan.problems)}
    failed = [told for told in (last or {}).get("problems", ()) if told["summary"] not in said]
    found += [Need(f"{told['summary']} [{told['code']}]", severity="error") for told in failed]
    found += [_ask(ask, plan) for ask in plan.asks]
    found += [Need(f"{held.key} is held: its documents were refused", held.key,
                   f"change them, or `gsctl unhold {held.key}`") for held in plan.held]  # fmt: skip
    found += [Need(f"{one.change.key} differs from its documents and is left so", one.change.key)
              for one in plan.drift if not one.ignored]  # fmt: skip
    waiting: Mapping[str, str] = (last or {}).get("waiting", {})
    found += [Need(f"{address} is tried again later: {reason}", severity="warning")
              for address, reason in waiting.items()]  # fmt: skip
    return list(dict.fromkeys(found))


def _ask(ask: Ask, plan: Plan) -> Need:
    """With the risk of what would be done."""
    risks = (one.change for one in plan.withheld if one.change.key == ask.key)
    told = [f"risk {c.risk}: {c.risk_reason}" for c in risks if c.risk is not Risk.LOW]
    says = f"{ask.key} waits for an approval: {', '.join((ask.says, *told[:1]))}"
    return Need(says, ask.key, severity="warning")


def _wants(problem: Problem) -> bool:
    return problem.severity != "note"


def _problem(problem: Problem) -> Need:
    at = f" ({problem.at})" if problem.at else ""
    return Need(f"{problem.summary} [{problem.code}]{at}", hint=problem.hint,
                severity=problem.severity)  # fmt: skip
