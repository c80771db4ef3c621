"""Tenants: what each uses of its quota, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from gsctl.views.screen import Screen
from gsctl.views.tables import Listing, render
from gsctl.views.text import Paint, pad, safe
from reconciler.model.plan import Plan
from reconciler.model.tenant import RESOURCES, Share
from reconciler.planner.quota import bare

if TYPE_CHECKING:
    from reconciler.things import Thing

COLUMNS = ("KIND", "NAME", "PHASE", "REASON", *(name.upper() for name in RESOURCES), "MEMBERS")
_UNTOLD = "?"


def tenants_text(things: Sequence[Thing], form: str, screen: Screen, *, one: bool) -> str:
    """Tenants in a format: `2/3` is used and limit. `one`: it was asked for by its name."""
    rows = [_row(thing, thing.share) for thing in things if thing.share]
    items = [thing.plain() for thing in things]
    plain: Any = items[0] if one and items else {"kind": "List", "items": items}
    return render(Listing(COLUMNS, rows, plain), form, screen.paint, screen.data_width)


def _row(thing: Thing, share: Share) -> tuple[Any, ...]:
    used = [_of(share, name) for name in RESOURCES]
    members = len(thing.spec["members"]) if thing.spec else 0
    return ("Tenant", share.name, str(thing.status.phase), thing.status.reason, *used, members)


def _of(share: Share, name: str, between: str = "/") -> str:
    """What is used of one resource, and the limit of it where there is one."""
    used = bare(name, share.used[name]) if name in share.used else _UNTOLD
    return f"{used}{between}{bare(name, share.limits[name])}" if name in share.limits else used


def share_lines(plan: Plan) -> Iterator[str]:
    """For a plan's header: what each tenant with a quota uses now."""
    for share in plan.shares:
        told = ", ".join(f"{name} {_of(share, name, ' of ')}" for name in share.limits)
        yield safe(f"Tenant/{share.name}: {told}")


def share_rows(share: Share, paint: Paint) -> Iterator[str]:
    """What a tenant uses, for `describe`."""
    yield paint("Used", "bold")
    for name in RESOURCES:
        yield f"  {pad(name, 12)} {_of(share, name, ' of ')}"


def share_plain(share: Share) -> dict[str, Any]:
    """For programs."""
    return {"name": share.name, "used": dict(share.used), "limits": dict(share.limits)}
