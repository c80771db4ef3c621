"""Whether what a plan may need is there: memory that an engine is given, and room on its disk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.estimate import NONE, Estimate, Evidence, Span
from reconciler.model.key import Key
from reconciler.model.problem import Problem
from reconciler.model.step import Step
from reconciler.model.units import parse_bytes, show_bytes
from reconciler.model.wish import EngineWish


def too_little(
    steps: Iterable[Step], costs: Mapping[str, Estimate], evidence: Evidence
) -> Iterator[Problem]:
    """EST101 for each graph that may need more memory, and each disk that may be too small."""
    memory: dict[Key, Span] = {}
    disks: dict[str, tuple[Span, int]] = {}
    engines: dict[Key, EngineWish] = {}
    for step in steps:
        graph = getattr(step.act, "graph", None)
        if graph is None:
            continue
        cost = costs[step.id]
        engines[step.session] = graph.engine
        memory[step.session] = memory.get(step.session, NONE) + cost.memory_bytes
        if disk := evidence.free.get(graph.engine.place.location):
            name, free = disk
            disks[name] = (disks.get(name, (NONE, 0))[0] + cost.disk_bytes, free)
    for key in sorted(memory):
        yield from _memory(key, engines[key], memory[key])
    for name, (needed, free) in sorted(disks.items()):
        if needed.high > free:
            says = (
                f"the plan {_needs(needed, free)} of disk, and {name} has {show_bytes(free)} free"
            )
            yield _problem("", says, "make room, move the engine's `path`, or let the old copy go "
                           "first: `strategy: recreate`")  # fmt: skip


def _memory(key: Key, engine: EngineWish, needed: Span) -> Iterator[Problem]:
    limit = parse_bytes(engine.resources["memory"]) if engine.resources.get("memory") else None
    if limit is not None and needed.high > limit:
        yield _problem(
            str(key),
            f"{key}: it {_needs(needed, limit)} of memory, and {engine.key} is given "
            f"{show_bytes(limit)}",
            f"raise `resources.memory` of {engine.key}",
        )


def _needs(needed: Span, limit: float) -> str:
    if needed.low > limit:
        return f"needs {show_bytes(round(needed.low))} at least"
    return f"may need up to {show_bytes(round(needed.high))}"


def _problem(address: str, says: str, hint: str) -> Problem:
    return Problem("warning", says, "EST101", hint=hint, address=address)
