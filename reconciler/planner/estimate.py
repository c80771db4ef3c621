"""What a plan may cost, told beforehand: pure, beside the plan, and no part of its fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce

from reconciler.model.change import Change
from reconciler.model.estimate import (
    NONE,
    Estimate,
    Estimates,
    Evidence,
    Rates,
    Rerun,
    Span,
)
from reconciler.model.key import Key
from reconciler.model.observed import LiveCopy, LiveGraph, Snapshot
from reconciler.model.plan import Plan
from reconciler.model.step import (
    Act,
    BuildCopy,
    ClearGraph,
    ExportType,
    FillType,
    InstallRuntime,
    Step,
    VerifyCopy,
)
from reconciler.model.traits import Traits
from reconciler.model.units import show_count
from reconciler.planner.measure import (
    LANES,
    UNSURE,
    Experience,
    Rows,
    begins_fence,
    between,
    counts_rows,
    engine_of,
    leaves_copy,
    pauses_reads,
    read_sizes,
    rows_moved,
    sort_of,
    usual_s,
)
from reconciler.planner.room import too_little

_ROWS_TELL = 10_000  # below that a copy's size is mostly what every copy has


def estimate(
    plan: Plan, live: Snapshot, traits: Mapping[str, Traits], evidence: Evidence
) -> Estimates:
    """The costs of each row and of the whole. The same inputs give the same numbers."""
    if not plan.steps:
        return Estimates()
    rates = {type_: found.rates for type_, found in traits.items()}
    costing = _Costing(live, rates, evidence, Experience.of(evidence.spent, rates))
    steps = {step.id: costing.of(step) for step in plan.steps}
    homes = _homes(plan)
    rows: dict[Key, list[str]] = {}
    for step in plan.steps:
        rows.setdefault(homes(step), []).append(step.id)
    changes = {key: _together([steps[id_] for id_ in ids]) for key, ids in rows.items()}
    sessions = _sessions(plan.steps)
    paused = []
    for session, found in sessions.items():
        reads, writes = _paused(found, steps, live.graphs.get(session))
        key = homes(found[-1])
        changes[key] = replace(changes[key], reads_pause_s=reads, writes_pause_s=writes)
        paused.append((reads, writes))
    whole = _whole(sessions, steps, paused)
    warnings = tuple(too_little(plan.steps, steps, evidence))
    return Estimates(whole, changes, steps, _reruns(plan, homes), warnings)


@dataclass(slots=True)
class _Costing:
    """Costs step by step: the first graphs of a plan also pay for starting the engine."""

    live: Snapshot
    rates: Mapping[str, Rates]
    evidence: Evidence
    experience: Experience
    begun: int = 0
    filled: dict[Key, Span] = field(default_factory=dict)  # rows so far, by session

    def of(self, step: Step) -> Estimate:
        act = step.act
        rates = self.rates.get(engine_of(act), Rates())
        graph = self.live.graphs.get(step.session)
        moved = rows_moved(act, graph.serving if graph else None, self.evidence)
        if moved:
            return self._moving(step, moved, rates)
        rows = self._standing(step.session) if counts_rows(act) else NONE
        seconds, basis = self._seconds(act, rates, rows)
        found = Estimate(seconds, basis=(basis,))
        if isinstance(act, ClearGraph) and graph:
            freed = -sum(copy.size_bytes for copy in graph.copies.values())
            return replace(found, disk_bytes=Span(freed, freed))
        if not isinstance(act, BuildCopy):
            return found
        room = rates.copy_disk_bytes
        return replace(found, disk_bytes=Span(0.5 * room, 1.5 * room), memory_bytes=Span(
            0.7 * rates.engine_memory_bytes, 1.5 * rates.engine_memory_bytes))  # fmt: skip

    def _moving(self, step: Step, rows: Rows, rates: Rates) -> Estimate:
        act, graph = step.act, self.live.graphs.get(step.session)
        seconds, basis = self._seconds(act, rates, rows.number)
        if isinstance(act, ExportType):
            return Estimate(seconds, basis=(rows.basis, basis))
        self.filled[step.session] = self.filled.get(step.session, NONE) + rows.number
        edge = sort_of(act)[1] == "edge"
        disk = rates.edge_disk_bytes if edge else rates.vertex_disk_bytes
        memory = rates.edge_memory_bytes if edge else rates.vertex_memory_bytes
        size, known = _density(graph.serving if graph else None, rates)
        return Estimate(
            seconds,
            rows.number,
            sum(read_sizes(act.load).values()) if isinstance(act, FillType) else 0,
            rows.number.times(Span(disk, disk)).times(size),
            rows.number.times(Span(memory, memory)).times(UNSURE),
            basis=(rows.basis, basis, known),
        )

    def _standing(self, session: Key) -> Span:
        """The rows that a verification counts: those that stay, and those filled before it."""
        graph = self.live.graphs.get(session)
        copy = graph.serving if graph else None
        stay = sum(copy.rows_of(t) for t, _ in copy.catalog.types()) if copy else 0
        filled = self.filled.get(session, NONE)
        return Span(max(stay, filled.low), stay + filled.high)

    def _seconds(self, act: Act, rates: Rates, rows: Span) -> tuple[Span, str]:
        name, element, what = sort_of(act)
        engine = engine_of(act)
        if isinstance(act, InstallRuntime) and (
            (act.type, act.version) not in self.evidence.missing
        ):
            return NONE, "its runtime is installed"
        low, high = (usual_s(rates, name, element, n) for n in (rows.low, rows.high))
        factor, basis = self.experience.factor(engine, name, element, what)
        if isinstance(act, BuildCopy):
            self.begun += 1
            spare = rates.begin_s if self.begun > LANES else 0.0  # an engine that is warm
            low, high = low - spare, high - spare
        return Span(low, high).times(factor), basis


def _density(serving: LiveCopy | None, rates: Rates) -> tuple[Span, str]:
    """How the disk of a row is to what is usual, by the live copy."""
    if serving and serving.record and serving.size_bytes:
        types = [(serving.rows_of(t), element) for t, element in serving.catalog.types()]
        usual = rates.copy_disk_bytes + sum(
            n * (rates.edge_disk_bytes if element == "edge" else rates.vertex_disk_bytes)
            for n, element in types
        )
        if sum(n for n, _ in types) >= _ROWS_TELL:
            found = serving.size_bytes / usual
            return Span(0.8 * found, 1.2 * found), "disk as the live copy's"
    return UNSURE, "disk by usual sizes"


def _together(found: Iterable[Estimate]) -> Estimate:
    """One after another: seconds, rows and disk add up, and the memory of one copy does."""
    parts = list(found)
    return Estimate(
        _sum(part.seconds for part in parts),
        _sum(part.rows for part in parts),
        sum(part.read_bytes for part in parts),
        _sum(part.disk_bytes for part in parts),
        _sum(part.memory_bytes for part in parts),
        basis=_bases(parts),
    )


def _sum(spans: Iterable[Span]) -> Span:
    return reduce(Span.__add__, spans, NONE)


def _bases(parts: Iterable[Estimate]) -> tuple[str, ...]:
    """What the numbers rest on, without repetition; what costs next to nothing is left out."""
    told = {basis: None for part in parts if part.seconds.high >= 0.05 for basis in part.basis}
    return tuple(sorted(told))


def _sessions(steps: Iterable[Step]) -> dict[Key, list[Step]]:
    found: dict[Key, list[Step]] = {}
    for step in steps:
        found.setdefault(step.session, []).append(step)
    return found


def _paused(
    steps: list[Step], costs: Mapping[str, Estimate], graph: LiveGraph | None
) -> tuple[Span, Span]:
    """How long reads and writes pause; not at all where nothing answers yet."""
    if graph is None or graph.serving is None:
        return NONE, NONE
    if gap := [costs[step.id].seconds for step in between(steps)]:
        return _sum(gap), _sum(gap)
    reads = _sum(costs[step.id].seconds for step in steps
                 if pauses_reads(step.act, relayed=graph.relay is not None))  # fmt: skip
    fenced = [n for n, step in enumerate(steps) if begins_fence(step.act)]
    last = [n for n, step in enumerate(steps) if leaves_copy(step.act)]
    if not fenced:
        return reads, reads
    end = max([*last, fenced[0]]) if last else len(steps) - 1
    return reads, _sum(costs[step.id].seconds for step in steps[fenced[0] : end + 1])


def _whole(
    sessions: Mapping[Key, list[Step]],
    costs: Mapping[str, Estimate],
    paused: Iterable[tuple[Span, Span]],
) -> Estimate:
    """At best as many graphs at once as there are lanes; at worst one after another."""
    added = _together(costs.values())
    memory = sorted(
        (_sum(costs[s.id].memory_bytes for s in found) for found in sessions.values()),
        key=lambda span: -span.high,
    )
    peak = Span(memory[0].low, sum(span.high for span in memory[:LANES])) if memory else NONE
    pauses = list(paused)
    return replace(
        added,
        seconds=Span(_best_s(sessions, costs), added.seconds.high),
        memory_bytes=peak,
        reads_pause_s=reduce(Span.either, (reads for reads, _ in pauses), NONE),
        writes_pause_s=reduce(Span.either, (writes for _, writes in pauses), NONE),
    )


def _best_s(sessions: Mapping[Key, list[Step]], costs: Mapping[str, Estimate]) -> float:
    """The longest chain of steps that wait for each other; never less than all lanes can do."""
    ends: dict[str, float] = {}
    for step in (step for found in sessions.values() for step in found):
        begins = max((ends.get(id_, 0.0) for id_ in step.waits), default=0.0)
        ends[step.id] = begins + costs[step.id].seconds.low
    busy = sum(cost.seconds.low for cost in costs.values())
    return max(busy / LANES, max(ends.values(), default=0.0))


def _homes(plan: Plan) -> Callable[[Step], Key]:
    """Tells the row of a step: a fill belongs to its load's, all else to its graph's or engine's.

    Where the graph has no row of its own, its first load or procedure stands for it.
    """
    rows = {change.key for change in plan.changes}
    first: dict[Key, Key] = {}
    for change in plan.changes:
        if graph := graph_of(change):
            first.setdefault(graph, change.key)

    def home(step: Step) -> Key:
        if isinstance(step.act, FillType):
            load = step.session.sibling("Load", step.act.fill.load)
            if load in rows:
                return load
        return step.session if step.session in rows else first.get(step.session, step.session)

    return home


def graph_of(change: Change) -> Key | None:
    """The graph that a load's or a procedure's row is about, where the row tells."""
    side = change.after if change.after is not None else change.before
    name = side.get("graph") if side else None
    return change.key.sibling("Graph", str(name)) if name else None


def _reruns(plan: Plan, home: Callable[[Step], Key]) -> Mapping[Key, tuple[Rerun, ...]]:
    """By row, what is run again because of it and has no row of its own."""
    rows = {change.key for change in plan.changes}
    found: dict[Key, dict[Key, list[str]]] = {}
    for step in plan.steps:
        for key, what in _run_again(step):
            if key not in rows:
                found.setdefault(home(step), {}).setdefault(key, []).append(what)
    return {row: tuple(Rerun(key, tuple(what)) for key, what in sorted(again.items()))
            for row, again in found.items()}  # fmt: skip


def _run_again(step: Step) -> Iterator[tuple[Key, str]]:
    match step.act:
        case FillType() as act:
            yield step.session.sibling("Load", act.fill.load), act.load.type
        case VerifyCopy() as act:
            for name, procedure in sorted(act.procedures.items()):
                number = len(procedure.tests)
                if number:
                    yield step.session.sibling("Procedure", name), show_count(number, "test")
        case _:
            return
