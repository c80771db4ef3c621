"""What estimates rest on, and what `why` tells: past applies; files never loaded, free disks."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from reconciler import runtimes
from reconciler.copies.folders import size_of
from reconciler.executor import Report
from reconciler.ledger import Made, Run
from reconciler.loads.density import rows_in
from reconciler.model.change import Change, near
from reconciler.model.change import Path as FieldPath
from reconciler.model.estimate import Evidence, Span, Spent
from reconciler.model.event import Event, Finished
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.plan import Outcome, Plan
from reconciler.model.step import FillType, InstallRuntime, Step
from reconciler.planner.estimate import graph_of
from reconciler.planner.measure import engine_of, read_sizes, sort_of

_FILLS_KEPT = 100  # of one apply: the dearest, each by itself
_MADE_KEPT = 200
_FIELDS_KEPT = 20
_RUNS_READ = 20


def gathered(plan: Plan, live: Snapshot, runs: tuple[Run, ...]) -> Evidence:
    """Everything that bears on `plan`. Of each file that nothing is known of the start is read."""
    spent = tuple(one for run in runs[-_RUNS_READ:] for one in run.spent)
    missing = {
        (step.act.type, step.act.version)
        for step in plan.steps
        if isinstance(step.act, InstallRuntime)
        and runtimes.locate(step.act.type, step.act.version) is None
    }
    samples = dict(_samples(plan.steps, live))
    return Evidence(spent, samples, _free(plan.steps), frozenset(missing))


def _samples(steps: Iterable[Step], live: Snapshot) -> Iterator[tuple[str, Span]]:
    for step in steps:
        if not isinstance(step.act, FillType) or _known(step.act, live.graphs.get(step.session)):
            continue
        for source in step.act.load.sources:
            for file in source.files:
                if (rows := rows_in(file, step.act.options)) is not None:
                    yield file.sha256, rows


def _known(act: FillType, graph: LiveGraph | None) -> bool:
    record = graph.serving.record if graph and graph.serving else None
    fills = record.fills.get(act.load.type, ()) if record else ()
    return any(fill.load == act.fill.load and fill.rows for fill in fills)


def _free(steps: Iterable[Step]) -> Mapping[str, tuple[str, int]]:
    """The disk and its free bytes, by the location of each place that copies are made at."""
    names: dict[int, str] = {}  # two places may lie on one disk
    found: dict[str, tuple[str, int]] = {}
    for step in steps:
        graph = getattr(step.act, "graph", None)
        if graph is None or graph.engine.place.location in found:
            continue
        path = Path(graph.engine.place.location)
        there = next((p for p in (path, *path.parents) if p.exists()), None)
        if there is not None:
            name = names.setdefault(there.stat().st_dev, f"the disk of {there}")
            found[graph.engine.place.location] = (name, shutil.disk_usage(there).free)
    return found


def occupied(live: Snapshot, tenants: Iterable[str]) -> Mapping[Key, int]:
    """The bytes below each place that is ours, added up by engine, of the engines of `tenants`.

    Half-made and kept copies are among them: whoever pays for a disk pays for these too.
    """
    chosen = frozenset(tenants)
    return {
        key: sum(size_of(Path(p.place.location)) for p in (engine, *engine.elsewhere) if p.ours)
        for key, engine in live.engines.items()
        if key.tenant in chosen
    }


class Watch:
    """Passes events on, and keeps how long each step took, for later estimates."""

    def __init__(self, report: Report, steps: Iterable[Step]) -> None:
        self._report = report
        self._steps = {step.id: step for step in steps}
        self._found: list[Spent] = []

    def __call__(self, event: Event) -> None:
        """Take note of an event, and pass it on."""
        if isinstance(event, Finished) and (step := self._steps.get(event.step)):
            act = step.act
            name, element, what = sort_of(act)
            size = sum(read_sizes(act.load).values()) if isinstance(act, FillType) else 0
            self._found.append(Spent(engine_of(act), name, event.seconds, 1, what, element,
                                     event.rows or 0, size))  # fmt: skip
        self._report(event)

    def spent(self) -> tuple[Spent, ...]:
        """The dearest fills each by itself, all else added up by its sort; dearest first."""
        fills = sorted((s for s in self._found if s.what), key=lambda s: (-s.seconds, s.what))
        kept, more = fills[:_FILLS_KEPT], fills[_FILLS_KEPT:]
        sums: dict[tuple[str, str, str], Spent] = {}
        for one in [*(s for s in self._found if not s.what), *more]:
            name = (one.engine, one.act, one.element)
            sums[name] = _added(sums.get(name), one)
        return (*kept, *(sums[name] for name in sorted(sums)))


def _added(sum_: Spent | None, one: Spent) -> Spent:
    if sum_ is None:
        return Spent(one.engine, one.act, one.seconds, one.steps, "", one.element, one.rows,
                     one.bytes)  # fmt: skip
    return Spent(one.engine, one.act, sum_.seconds + one.seconds, sum_.steps + one.steps, "",
                 one.element, sum_.rows + one.rows, sum_.bytes + one.bytes)  # fmt: skip


def made_of(plan: Plan, outcome: Outcome) -> tuple[Made, ...]:
    """The rows of a plan all of whose steps were done: what `why` tells when asked later."""
    undone = {step.session for step in plan.steps if step.id not in outcome.done}
    return tuple(
        Made(str(change.key), str(change.action),
             tuple(".".join(f.path) for f in change.fields[:_FIELDS_KEPT]), _was(change))
        for change in plan.changes[:_MADE_KEPT]
        if not change.blocked and not _of(change) & undone
    )  # fmt: skip


def _was(change: Change) -> str:
    """The address before, of a graph that takes another name."""
    names = (f.old for f in change.fields if f.path == ("metadata", "name"))
    return next((str(change.key.sibling("Graph", name)) for name in names), "")


def _of(change: Change) -> set[object]:
    return {change.key, graph_of(change)}


@dataclass(frozen=True, slots=True)
class Came:
    """An apply that made it, or changed it. `at` in UTC; `fields` are those that it changed."""

    at: str
    address: str
    action: str
    fields: tuple[str, ...] = ()
    seconds: float | None = None  # of the load that brought its rows


def came(runs: tuple[Run, ...], key: Key, paths: Collection[FieldPath]) -> Iterator[Came]:
    """The applies that bear on a thing, newest first, as far as the ledger remembers them.

    `paths` are what is asked of it, by each of its names.
    """
    address = str(key)
    for run in reversed(runs):
        for made in [made for made in run.made if made.address == address]:
            address = made.was or address  # before that it was called so
            whole = not made.fields or made.action in ("create", "load", "delete")
            told = ((field, tuple(field.split("."))) for field in made.fields)
            fields = tuple(f for f, at in told if any(near(at, path) for path in paths))
            if whole or fields:
                at = datetime.fromtimestamp(run.ended_at, UTC).isoformat(timespec="seconds")
                yield Came(at, made.address, made.action, fields, _filling(run, made, paths))


def _filling(run: Run, made: Made, paths: Collection[FieldPath]) -> float | None:
    """Seconds that the fills of a type took, where a type of a graph is asked about."""
    types = {f"{made.address}.{path[1]}" for path in paths if len(path) > 1}
    spent = {one.what: one.seconds for one in run.spent if one.what in types}
    return sum(spent.values()) if spent else None
