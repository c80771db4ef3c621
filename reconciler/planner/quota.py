"""Quotas of tenants: what each uses, and which changes of a plan do not fit any more.

Counted is what lives and what a plan adds: engines and graphs, the disk at their places, and the
units that run, as their engines say. Where a copy is made beside another, both count. Changes are
let in by their addresses' order while there is room; one that does not fit is refused by its own
address, so that nobody else waits for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.change import Action
from reconciler.model.estimate import NONE, Estimates, Span
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Plan
from reconciler.model.problem import Problem
from reconciler.model.resource import Desired
from reconciler.model.step import BuildCopy, StartUnit, Step, Switch
from reconciler.model.tenant import RESOURCES, Amounts, Share, TenantSpec, limits
from reconciler.model.units import parse_bytes, parse_cpu, show_bytes, show_count, show_cpu
from reconciler.planner.measure import LANES

_COUNTED = {"Engine": "engines", "Graph": "graphs"}
_UNITS = ("cpu", "memory")  # what each unit of an engine may use
_HINT = "raise the quota of {tenant}, or remove something of it"


def shares(desired: Desired, live: Snapshot, disk: Mapping[Key, int]) -> tuple[Share, ...]:
    """Every declared Tenant with what its things use now. `disk`: the bytes at engines' places."""
    return tuple(
        Share(key.name, used_by(key.name, live, disk), limits(resource.spec.quota))
        for key, resource in desired.of("Tenant").items()
        if isinstance(resource.spec, TenantSpec)
    )


def used_by(tenant: str, live: Snapshot, disk: Mapping[Key, int]) -> Amounts:
    """What a tenant's things use. What one of its engines does not say is left out."""
    graphs = [g for key, g in live.graphs.items() if key.tenant == tenant and g.ours]
    used = {
        "engines": sum(e.ours for key, e in live.engines.items() if key.tenant == tenant),
        "graphs": len(graphs),
        "storage": sum(bytes_ for key, bytes_ in disk.items() if key.tenant == tenant),
    }
    running = [graph for graph in graphs if graph.unit]
    for name in _UNITS:
        said = [_live_unit(graph, live).get(name) for graph in running]
        if None not in said:
            used[name] = sum(amount or 0 for amount in said)
    return used


def _live_unit(graph: LiveGraph, live: Snapshot) -> Amounts:
    engine = live.engines.get(graph.engine)
    return unit_amounts(engine.spec.get("resources", {}) if engine else {})


def unit_amounts(resources: Mapping[str, str]) -> Amounts:
    """What one unit of an engine may use, as far as its `resources` say."""
    parse = {"cpu": parse_cpu, "memory": parse_bytes}
    return {name: parse[name](resources[name]) for name in _UNITS if resources.get(name)}


def within_quota(plan: Plan, found: Iterable[Share], live: Snapshot, costs: Estimates) -> Plan:
    """The plan with what does not fit among its refusals, and each share in its header."""
    limited = [share for share in found if share.limits]
    if not limited:
        return plan
    refused: list[Problem] = []
    doubtful: list[Problem] = []
    for share in limited:
        account = _Account(share)
        account.leave(c.key for c in plan.changes if c.action is Action.DELETE)
        for want in _wants(plan, share.name, live, costs):
            for problem in account.admit(want):
                (refused if problem.severity == "error" else doubtful).append(problem)
    return replace(plan, shares=tuple(limited), refusals=(*plan.refusals, *refused),
                   notes=(*plan.notes, *doubtful))  # fmt: skip


@dataclass(slots=True)
class _Want:
    """What the changes of one graph or engine add. `while_built` only until they are done."""

    key: Key
    adds: Counter[str] = field(default_factory=Counter)
    while_built: Amounts = field(default_factory=dict)
    storage: Span = NONE

    def more(self, name: str) -> bool:
        """Whether it adds anything to a resource."""
        least = self.storage.low if name == "storage" else self.adds[name]
        return bool(least or self.while_built.get(name))


def _wants(plan: Plan, tenant: str, live: Snapshot, costs: Estimates) -> Iterator[_Want]:
    """By address. A thing that only shrinks, or stays as large, wants nothing."""
    sessions: dict[Key, list[Step]] = {}
    for step in plan.steps:
        if step.session.tenant == tenant:
            sessions.setdefault(step.session, []).append(step)
    new = {c.key for c in plan.changes if c.action in (Action.CREATE, Action.ADOPT)}
    for key in sorted(sessions):
        graph = live.graphs.get(key)
        there = graph or live.engines.get(key)
        want = _Want(key)
        if key in new and not (there and there.ours):
            want.adds[_COUNTED[key.kind]] = 1
        disk = [costs.steps[s.id].disk_bytes for s in sessions[key] if s.id in costs.steps]
        want.storage = sum(disk, NONE)
        _add_units(want, sessions[key], graph)
        yield want


def _add_units(want: _Want, steps: Iterable[Step], graph: LiveGraph | None) -> None:
    """A copy is built by a unit of its own, beside the one that serves the copy before."""
    runs = graph is not None and graph.unit is not None
    for act in (step.act for step in steps):
        if not isinstance(act, BuildCopy | StartUnit | Switch):
            continue
        engine = act.graph.engine
        amounts = unit_amounts(engine.resources)
        if engine.mode == "served" and not runs:
            want.adds |= Counter(amounts)
        elif isinstance(act, BuildCopy):
            want.while_built = amounts


class _Account:
    """What a tenant uses, and would use with what was let in so far."""

    def __init__(self, share: Share) -> None:
        self.share = share
        self.used = Counter(share.used)
        self.unsure = 0.0  # bytes that may come on top
        self.built: dict[str, list[int]] = {name: [] for name in _UNITS}

    def leave(self, gone: Iterable[Key]) -> None:
        """Things that go make room for others to be declared; their disk is free only later."""
        for key in gone:
            if key.tenant == self.share.name and key.kind in _COUNTED:
                self.used[_COUNTED[key.kind]] -= 1

    def admit(self, want: _Want) -> list[Problem]:
        """Let it in, or say why not, or that it may not fit."""
        over = [
            self._problem(want.key, name, after)
            for name in RESOURCES
            if want.more(name) and name in self.share.limits
            and (after := self._after(want, name)) > self.share.limits[name]
        ]  # fmt: skip
        if over:
            return over
        self.used += want.adds
        self.used["storage"] += round(want.storage.low)
        for name, amount in want.while_built.items():
            self.built[name].append(amount)
        self.unsure += want.storage.high - want.storage.low
        most = self.used["storage"] + round(self.unsure)
        if want.storage.high and most > self.share.limits.get("storage", most):
            return [self._problem(want.key, "storage", most, sure=False)]
        return []

    def _after(self, want: _Want, name: str) -> int:
        """At the peak: of what is built, as much as is built at once."""
        at_once = sorted([*self.built.get(name, ()), want.while_built.get(name, 0)])[-LANES:]
        least = round(want.storage.low) if name == "storage" else want.adds[name]
        return int(self.used[name] + least + sum(at_once))

    def _problem(self, key: Key, name: str, after: int, *, sure: bool = True) -> Problem:
        """QT101, or QT103 where it is not sure."""
        tenant = f"Tenant/{self.share.name}"
        says = (f"{key}: {tenant} {'would' if sure else 'may'} have {shown(name, after)}, and its "
                f"quota is {shown(name, self.share.limits[name])}")  # fmt: skip
        return Problem("error" if sure else "warning", says, "QT101" if sure else "QT103",
                       address=str(key), hint=_HINT.format(tenant=tenant))  # fmt: skip


def shown(name: str, amount: int) -> str:
    """An amount of a resource in words: `2 graphs`, `1.5 GiB of storage`, `0.5 cpu`."""
    match name:
        case "engines" | "graphs":
            return show_count(amount, name[:-1])
        case "cpu":
            return f"{bare(name, amount)} cpu"
        case _:
            return f"{bare(name, amount)} of {name}"


def bare(name: str, amount: int) -> str:
    """The same without the resource: `2`, `1.5 GiB`, `0.5`."""
    if name == "cpu":
        return show_cpu(amount)
    return f"{amount}" if name in _COUNTED.values() else show_bytes(amount)
