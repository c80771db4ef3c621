"""What holds changes of a plan back, as text and as JSON: Policies, what waits, what is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from gsctl.views.rows import rows_of, sign
from gsctl.views.text import Paint, pad, safe
from reconciler.model.change import Risk
from reconciler.model.plan import Plan
from reconciler.model.units import show_count
from reconciler.planner.policy import words


def policy_lines(plan: Plan) -> Iterator[str]:
    """For the header: the Policies in force, what changes in their rules, the approvals used."""
    for one in plan.policies:
        yield safe(f"{one.name}: {one.says} (bears on {show_count(one.things, 'thing')})")
    for bound in plan.bound:
        yield safe(f"Rules of {bound.part}: {words(bound.old)} -> {words(bound.new)}")
    for given in plan.approved:
        yield safe(f"Approved: {given.address}, by {given.by}, used once, until "
                   f"{moment(given.expires)}")  # fmt: skip


def risk_lines(plan: Plan, paint: Paint) -> Iterator[str]:
    """The changes that a person should look at, the riskiest first."""
    for risk, style in ((Risk.HIGH, "red"), (Risk.MEDIUM, "yellow")):
        found = [change for change in plan.changes if change.risk is risk]
        if found:
            told = ", ".join(safe(f"{change.key} ({change.risk_reason})") for change in found)
            yield f"Risk {paint(str(risk), style)}: {told}"


def withheld_lines(plan: Plan, paint: Paint) -> Iterator[str]:
    """What is pending and is not done now, with the reason."""
    if plan.withheld:
        yield paint("Withheld:", "bold", "yellow")
    width = max((len(str(one.change.key)) for one in plan.withheld), default=0)
    for one in plan.withheld:
        mark, style = sign(one.change.action)
        lead = f"  {paint(pad(mark, 3), style)}  {pad(safe(str(one.change.key)), width)}"
        head, *rest = rows_of(one.change, paint)
        yield f"{lead}  {head}".rstrip()
        yield from (f"         {line}" for line in rest)
        yield f"         {paint(safe(one.says), 'yellow')}"


def drift_lines(plan: Plan, paint: Paint) -> Iterator[str]:
    """What differs and is left as it lives: never silent, and no pending change."""
    for ignored, title in ((True, "Ignored drift:"), (False, "Drift, reported and not healed:")):
        found = [one.change for one in plan.drift if one.ignored is ignored]
        if found:
            yield paint(title, "bold")
        for change in found:
            head, *rest = rows_of(change, paint)
            yield f"  {pad(sign(change.action)[0], 3)}  {safe(str(change.key))}  {head}".rstrip()
            yield from (f"         {line}" for line in rest)


def guards_plain(plan: Plan) -> dict[str, Any]:
    """The same for programs, without the changes themselves."""
    return {
        "policies": [
            {"name": one.name, "says": one.says, "things": one.things} for one in plan.policies
        ],
        "approvals": [
            {"address": one.address, "by": one.by, "expires": moment(one.expires)}
            for one in plan.approved
        ],
        "asks": [{"address": str(one.key), "digest": one.digest} for one in plan.asks],
    }


def moment(at: float) -> str:
    """A time for people and programs, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes")
