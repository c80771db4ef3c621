"""In which order things are done, or stand on one another: as a tree, and as pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gsctl.views.escape import dot, mermaid
from gsctl.views.text import Paint, safe
from reconciler.executor.words import says
from reconciler.model.key import Key
from reconciler.planner.order import waits_of

if TYPE_CHECKING:
    from reconciler.api import Planned
    from reconciler.model.step import Step


@dataclass(frozen=True)  # no slots: what is derived once is kept
class Order:
    """Lanes, each after those that it waits for, with its steps.

    Lanes without an arrow between them run side by side. Of declared things each is a lane without
    steps.
    """

    waits: Mapping[Key, frozenset[Key]]
    steps: Mapping[Key, tuple[Step, ...]]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each step, by its id."""
        ids = (step.id for lane in self.steps.values() for step in lane)
        return {id_: number for number, id_ in enumerate(ids, start=1)}

    @cached_property
    def waves(self) -> Mapping[Key, int]:
        """How many lanes must come before each, at least."""
        found: dict[Key, int] = {}
        for key, before in self.waits.items():
            found[key] = max((found[b] + 1 for b in before if b in found), default=0)
        return found


def order_of(planned: Planned) -> Order:
    """The order of the plan's steps; where nothing changes, that of the declared things."""
    steps = planned.plan.steps
    if steps:
        lanes: dict[Key, list[Step]] = {}
        for step in steps:
            lanes.setdefault(step.session, []).append(step)
        return Order(waits_of(steps), {key: tuple(lane) for key, lane in lanes.items()})
    resources = planned.desired.resources
    needs = {key: resource.needs & resources.keys() for key, resource in resources.items()}
    return Order(dict(_sorted(needs)), {})


def _sorted(needs: Mapping[Key, frozenset[Key]]) -> Iterator[tuple[Key, frozenset[Key]]]:
    """Each after what it needs; among those that may come next in key order."""
    from graphlib import TopologicalSorter

    sorter = TopologicalSorter(needs)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ((key, needs[key]) for key in ready)
        sorter.done(*ready)


def order_text(order: Order, paint: Paint) -> str:
    """A tree: what stands under a thing comes after it, and beside its neighbours."""
    if not order.waits:
        return "Nothing is declared, and nothing is to be done.\n"
    title = "Steps, in their order:" if order.steps else "No changes. What stands on what:"
    under: dict[Key | None, list[Key]] = {}
    for key, before in order.waits.items():
        last = max(before, key=lambda b: (order.waves[b], b), default=None)
        under.setdefault(last, []).append(key)
    lines = [line for key in under[None] for line in _branch(order, under, key, "", paint)]
    return "\n".join([paint(title, "bold"), *lines]) + "\n"


def _branch(
    order: Order, under: Mapping[Key | None, list[Key]], key: Key, indent: str, paint: Paint
) -> Iterator[str]:
    last = max(order.waits[key], key=lambda b: (order.waves[b], b), default=None)
    others = sorted(str(before) for before in order.waits[key] if before != last)
    yield paint(safe(str(key)), "bold") + (
        f"  also after {safe(', '.join(others))}" if others else ""
    )
    below = under.get(key, [])
    for step in order.steps.get(key, ()):
        bar = "│  " if below else "   "
        yield f"{indent}{bar}{order.numbers[step.id]}. {safe(says(step.act))}"
    for child in below:
        bar, more = ("└─ ", "   ") if child == below[-1] else ("├─ ", "│  ")
        head, *rest = _branch(order, under, child, indent + more, paint)
        yield f"{indent}{bar}{head}"
        yield from rest


def order_plain(order: Order) -> dict[str, Any]:
    """For programs: lanes with the lanes before them, steps with the steps before them."""
    return {
        "lanes": [
            {
                "address": str(key),
                "wave": order.waves[key],
                "after": sorted(str(before) for before in waits),
                "steps": [{"id": step.id, "number": order.numbers[step.id], "says": says(step.act),
                           "after": sorted(step.waits)} for step in order.steps.get(key, ())],
            }
            for key, waits in order.waits.items()
        ]
    }  # fmt: skip


def order_mermaid(order: Order) -> str:
    """A flowchart, a box for each lane."""
    lines = ["flowchart TD"]
    names = {key: f"l{number}" for number, key in enumerate(order.waits, start=1)}
    for key, name in names.items():
        steps = order.steps.get(key, ())
        if not steps:
            lines.append(f'  {name}["{mermaid(str(key))}"]')
            continue
        lines.append(f'  subgraph {name}["{mermaid(str(key))}"]')
        lines += [f'    s{order.numbers[s.id]}["{mermaid(_numbered(order, s))}"]' for s in steps]
        lines.append("  end")
    lines += [f"  {a} --> {b}" for a, b in _arrows(order, names)]
    return "\n".join(lines) + "\n"


def order_dot(order: Order) -> str:
    """A digraph, a cluster for each lane."""
    lines = ["digraph order {", "  node [shape=box];"]
    names = {key: f"l{number}" for number, key in enumerate(order.waits, start=1)}
    for key, name in names.items():
        steps = order.steps.get(key, ())
        if not steps:
            lines.append(f"  {name} [label={dot(str(key))}];")
            continue
        lines += [f"  subgraph cluster_{name} {{", f"    label={dot(str(key))};"]
        lines += [f"    s{order.numbers[s.id]} [label={dot(_numbered(order, s))}];" for s in steps]
        lines.append("  }")
    lines += [f"  {a} -> {b};" for a, b in _arrows(order, names)]
    return "\n".join([*lines, "}"]) + "\n"


def _numbered(order: Order, step: Step) -> str:
    return f"{order.numbers[step.id]} {says(step.act)}"


def _arrows(order: Order, names: Mapping[Key, str]) -> Iterator[tuple[str, str]]:
    if not order.steps:
        for key, before in order.waits.items():
            yield from ((names[b], names[key]) for b in sorted(before))
    for lane in order.steps.values():
        for step in lane:
            for id_ in sorted(step.waits, key=lambda id_: order.numbers.get(id_, 0)):
                if id_ in order.numbers:
                    yield f"s{order.numbers[id_]}", f"s{order.numbers[step.id]}"
