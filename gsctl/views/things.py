"""Live things: as a table, at length, or in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gsctl.views.rows import rows_of, sign
from gsctl.views.screen import Screen
from gsctl.views.tables import Listing, render
from gsctl.views.tenants import share_rows
from gsctl.views.text import Paint, pad, safe, value
from reconciler.model.key import DEFAULT_TENANT
from reconciler.model.units import show_bytes, show_count

if TYPE_CHECKING:
    from reconciler.api import Planned
    from reconciler.things import Thing

COLUMNS = ("KIND", "NAME", "PHASE", "REASON", "LIVE-ROWS", "ENDPOINT")


def things_text(things: Sequence[Thing], form: str, screen: Screen, *, one: bool) -> str:
    """A list of things in a format; `one`: it was asked for by its name."""
    rows = [_row(thing) for thing in things]
    items = [thing.plain() for thing in things] if form in ("json", "yaml") else []
    plain: Any = items[0] if one and items else {"kind": "List", "items": items}
    width = screen.data_width
    return render(Listing(COLUMNS, rows, plain), form, screen.paint, width)


def _row(thing: Thing) -> tuple[Any, ...]:
    tenant = "" if thing.key.tenant == DEFAULT_TENANT else f"{thing.key.tenant}:"
    rows = sum(thing.counts.values()) if thing.counts is not None else None
    return (thing.key.kind, f"{tenant}{thing.key.name}", str(thing.status.phase),
            thing.status.reason, rows, thing.endpoint)  # fmt: skip


def all_ready(things: Sequence[Thing]) -> bool:
    """Whether everything that we own or wish for is Ready."""
    return all(thing.status.phase == "Ready" for thing in things if thing.ours)


def status_line(planned: Planned, things: Sequence[Thing]) -> str:
    """`packages/default: 4 Ready`, with what is not Ready, and whether changes wait."""
    numbers = Counter(str(thing.status.phase) for thing in things if thing.ours)
    told = ", ".join(f"{n} {phase}" for phase, n in sorted(numbers.items())) or "nothing there"
    bad = [f"{t.key}: {t.status.reason}" for t in things
           if t.ours and t.status.phase != "Ready"]  # fmt: skip
    more = f" ({'; '.join(bad[:3])}{'; …' if len(bad) > 3 else ''})" if bad else ""
    waits = ", changes pending" if planned.plan.pending else ""
    writer = f", in progress by {planned.writer.holder}" if planned.writer else ""
    return safe(f"{_owner(planned)}: {told}{more}{waits}{writer}")


def _owner(planned: Planned) -> str:
    project = planned.desired.project
    return str(project.owner) if project else "no project"


def status_plain(planned: Planned, things: Sequence[Thing]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "owner": _owner(planned),
        "ready": all_ready(things),
        "pending": planned.plan.pending,
        "phases": dict(sorted(Counter(str(t.status.phase) for t in things if t.ours).items())),
        "things": {str(t.key): {"phase": str(t.status.phase), "reason": t.status.reason}
                   for t in things},
        "in_progress_by": str(planned.writer.holder) if planned.writer else None,
    }  # fmt: skip


def description(thing: Thing, planned: Planned, paint: Paint) -> str:
    """Everything about one thing, for people."""
    blocks = [
        list(_head(thing, paint)),
        list(_conditions(thing, paint)),
        list(_rows(thing, paint)),
        list(share_rows(thing.share, paint)) if thing.share else [],
        list(_loads(thing, paint)),
        list(_pending(thing, planned, paint)),
        list(_spec(thing, paint)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _head(thing: Thing, paint: Paint) -> Iterator[str]:
    yield paint(safe(str(thing.key)), "bold")
    says = f": {thing.status.message}" if thing.status.message else ""
    owner = str(thing.owner) if thing.owner else "nobody yet"
    facts = {
        "Phase": f"{thing.status.phase} ({thing.status.reason}{says})",
        "Owner": owner if thing.ours else f"{owner} (foreign: never touched from here)",
        "Declared": "yes" if thing.spec is not None else "no",
        "Endpoint": thing.endpoint,
        "Place": thing.place,
        "Copy": thing.copy,
        "Copy before": thing.previous,
        "Size": show_bytes(thing.size_bytes) if thing.size_bytes else None,
        "Description": thing.metadata.get("description"),
    }
    for name, fact in facts.items():
        if fact:
            yield f"  {pad(name + ':', 13)} {safe(str(fact))}"


def _conditions(thing: Thing, paint: Paint) -> Iterator[str]:
    yield paint("Conditions", "bold")
    for c in thing.status.conditions:
        says = f"  {c.message}" if c.message else ""
        yield safe(f"  {pad(c.type, 12)} {pad(c.status, 8)} {c.reason}{says}")
    for drift in thing.status.drift:
        yield safe(f"  drift: {drift}")


def _rows(thing: Thing, paint: Paint) -> Iterator[str]:
    if thing.counts is not None:
        yield paint("Rows", "bold")
        width = max((len(name) for name in thing.counts), default=0)
        for name, number in sorted(thing.counts.items()):
            more = thing.undeclared.get(name)
            by_hand = f"  {more:,} of them by no load" if more else ""
            yield f"  {pad(safe(name), width)}  {number:>12,}{by_hand}"


def _loads(thing: Thing, paint: Paint) -> Iterator[str]:
    if thing.loads:
        yield paint("Loads", "bold")
        for name, load in thing.loads.items():
            since = f", since {load['at']}" if load["at"] else ""
            yield safe(f"  {name}: {show_count(load['rows'], 'row')} from "
                       f"{', '.join(load['files'])}{since}")  # fmt: skip


def _pending(thing: Thing, planned: Planned, paint: Paint) -> Iterator[str]:
    for change in planned.plan.changes:
        if change.key == thing.key:
            yield paint("Pending", "bold")
            head, *rest = rows_of(change, paint)
            yield f"  {sign(change.action)[0]}  {head}"
            yield from (f"     {line}" for line in rest)


def _spec(thing: Thing, paint: Paint) -> Iterator[str]:
    side, title = (thing.live, "Live") if thing.live is not None else (thing.spec, "Declared")
    if side is not None:
        yield paint(title, "bold")
        yield from _tree(side, "  ")


def _tree(node: Any, indent: str) -> Iterator[str]:
    """As YAML would show it, without its quotes."""
    for name, inner in node.items():
        if isinstance(inner, dict) and inner:
            yield f"{indent}{safe(str(name))}:"
            yield from _tree(inner, indent + "  ")
        elif isinstance(inner, str) and "\n" in inner:
            yield f"{indent}{safe(str(name))}: |"
            yield from (f"{indent}  {safe(line)}" for line in inner.rstrip("\n").split("\n"))
        elif inner not in (None, "", {}, []):
            yield f"{indent}{safe(str(name))}: {safe(value(inner))}"
