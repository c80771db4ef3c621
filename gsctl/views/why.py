"""Why a thing is as it is, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gsctl.views.estimates import cost_line
from gsctl.views.plan_json import change_plain
from gsctl.views.problems import problem_text
from gsctl.views.rows import rows_of, sign
from gsctl.views.steps import Spoken, statements
from gsctl.views.text import Paint, safe, value
from reconciler.executor.words import says
from reconciler.model.problem import Problem
from reconciler.model.units import show_count
from reconciler.planner.effects import effect_of
from reconciler.why import NOWHERE

if TYPE_CHECKING:
    from reconciler.api import Planned
    from reconciler.model.step import Step
    from reconciler.why import Why

_CAME_SHOWN = 5
_BRIEF = 3  # statements of a step


def why_text(told_by: Spoken, planned: Planned, found: Why, paint: Paint) -> str:
    """The whole story: now, who asks, since when, what it touches, what comes next."""
    blocks = [
        list(_now(found, paint)),
        list(_asked(found, paint)),
        list(_came(found, paint)),
        list(_links(found, paint)),
        list(_wrong(found, paint)),
        list(_next(told_by, planned, found, paint)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _now(found: Why, paint: Paint) -> Iterator[str]:
    yield paint(safe(str(found.subject)), "bold")
    status = found.thing.status
    says_so = f": {status.message}" if status.message else ""
    yield safe(f"  {found.subject.key} is {status.phase} ({status.reason}{says_so})")
    if not found.subject.path:
        return
    wish, live = _side(found.wish), _side(found.live)
    if wish == live:
        yield safe(f"  wished and live: {wish}")
    else:
        yield safe(f"  wished: {wish}; live: {live}")


def _side(part: Any) -> str:
    return "nothing" if part is NOWHERE else value(part)


def _asked(found: Why, paint: Paint) -> Iterator[str]:
    wanted = found.wanted
    if wanted is None:
        yield "No document asks for it."
        return
    says_so = "asked for here" if wanted.written else "not written: the default, or what lies above"
    problem = Problem("note", says_so, at=wanted.at, excerpt=wanted.excerpt)
    yield from problem_text(problem, paint).splitlines()


def _came(found: Why, paint: Paint) -> Iterator[str]:
    if found.serves_since is None and not found.came:
        return
    yield paint("Applied", "bold")
    if found.serves_since:
        yield f"  the copy that answers does so since {found.serves_since}"
    for came in found.came[:_CAME_SHOWN]:
        fields = f" ({', '.join(came.fields)})" if came.fields else ""
        took = f", its rows in {came.seconds:.1f} s" if came.seconds is not None else ""
        yield safe(f"  {came.at}  {came.action} {came.address}{fields}{took}")
    if more := found.came[_CAME_SHOWN:]:
        yield f"  and {show_count(len(more), 'apply', 'applies')} before"


def _links(found: Why, paint: Paint) -> Iterator[str]:
    for title, addresses in (("Stands on", found.stands_on), ("Under it stand", found.under)):
        if addresses:
            yield paint(title, "bold")
            yield from (safe(f"  {address}") for address in addresses)


def _wrong(found: Why, paint: Paint) -> Iterator[str]:
    for drift in found.drift:
        yield safe(f"Drifted: {drift}")
    if found.held:
        word = "rolled back" if found.held.held.reason == "RolledBack" else "it did not come up"
        yield safe(f"Held: {found.held.key} was refused ({word}) and waits: `gsctl unhold`")
    if found.blocked:
        yield from problem_text(found.blocked, paint).splitlines()


def _next(told_by: Spoken, planned: Planned, found: Why, paint: Paint) -> Iterator[str]:
    yield paint("Next", "bold")
    change = found.change
    if change is None or (found.subject.path and change.fields and not found.fields):
        for row, rerun in found.because.items():
            yield safe(f"  runs again because of {row} ({', '.join(rerun.what)})")
        if not found.because:
            yield "  nothing: it is as declared"
            return
    else:
        head, *_ = rows_of(change, paint)
        why = f"{effect_of(change)}{f'; {head}' if head else ''}"
        yield f"  {sign(change.action)[0]}  {safe(str(change.key))}  {why}"
        yield from (f"     {line}" for line in _fields(found, paint))
        if cost := planned.estimates.changes.get(change.key):
            yield f"     {paint(cost_line(cost), 'dim')}"
    for step in found.steps:
        yield safe(f"  {says(step.act)}")
        yield from (f"     {paint(line, 'dim')}" for line in _brief(told_by, step, found))


def _fields(found: Why, paint: Paint) -> Iterator[str]:
    if found.change:
        every = dict(zip(found.change.fields, list(rows_of(found.change, paint))[1:], strict=False))
        yield from (every[field] for field in found.fields)


def _brief(told_by: Spoken, step: Step, found: Why) -> Iterator[str]:
    """The statements that name what is asked about; of a whole thing the first ones."""
    told = [line for line in statements(told_by, step) if not line.startswith("--")]
    if len(found.subject.path) >= 2:
        told = [line for line in told if found.subject.path[1] in line]
    yield from told[:_BRIEF]
    if more := told[_BRIEF:]:
        yield f"and {len(more)} more"


def why_plain(told_by: Spoken, planned: Planned, found: Why) -> dict[str, Any]:
    """The same for programs."""
    wanted, held = found.wanted, found.held
    at = wanted.at if wanted else None
    return {
        "address": str(found.subject),
        "thing": str(found.subject.key),
        "phase": str(found.thing.status.phase),
        "reason": found.thing.status.reason,
        "message": found.thing.status.message,
        "wish": None if found.wish is NOWHERE else found.wish,
        "live": None if found.live is NOWHERE else found.live,
        "asked": {"file": at.file, "line": at.line, "column": at.column, "written": wanted.written,
                  "excerpt": wanted.excerpt} if at and wanted else None,
        "serves_since": found.serves_since,
        "applied": [{"at": c.at, "address": c.address, "action": c.action,
                     "fields": list(c.fields), "seconds": c.seconds} for c in found.came],
        "stands_on": list(found.stands_on),
        "under": list(found.under),
        "drift": list(found.drift),
        "held": {"reason": held.held.reason, "since": held.held.since} if held else None,
        "change": change_plain(found.change, planned.estimates) if found.change else None,
        "because": {str(row): list(rerun.what) for row, rerun in found.because.items()},
        "steps": [{"says": says(step.act), "statements": list(statements(told_by, step))}
                  for step in found.steps],
    }  # fmt: skip
