"""Pages laid out: templates, what all of them show, and the headers that close them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.units import show_bytes, show_count, show_duration
from reconciler.server.auth import Principal
from reconciler.server.desk import Desk
from reconciler.server.hall import Hall
from reconciler.server.page.files import address
from reconciler.server.tokens import Role
from reconciler.things import Thing

if TYPE_CHECKING:
    from jinja2 import Environment

_CLOSED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, from where.

    `place` stands before the paths of an environment's pages, empty for the first; `base` before
    those of a tenant in it.
    """

    who: Principal
    tenant: str
    place: str
    base: str
    proof: str  # goes into each form

    @property
    def whole(self) -> bool:
        """Whether all tenants are for him."""
        return self.who.everywhere is not None

    @property
    def role(self) -> Role:
        """His role where he looks; the lowest where he is refused."""
        return self.who.role_in(self.tenant) or Role.VIEWER

    @property
    def home(self) -> str:
        """His first page."""
        return f"{self.place}{home_of(self.who)}"

    @property
    def edits(self) -> bool:
        """Whether buttons are for him."""
        return self.role >= Role.EDITOR

    @property
    def known(self) -> bool:
        """Whether he showed a token, so that he can leave."""
        return bool(self.who.id) or self.who.until is not None


class Sheets:
    """All pages, over the desks of one coordinator."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall

    def show(self, request: Request, name: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
        """A page for whoever is let in."""
        text = self.text(name, **self._around(request), **facts)
        return HTMLResponse(text, status, _CLOSED)

    def text(self, name: str, **facts: Any) -> str:
        """A template with facts."""
        return self._templates.get_template(name).render(facts)

    @cached_property
    def _templates(self) -> Environment:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # at the first page

        found = Environment(loader=PackageLoader("reconciler.server.page"), autoescape=True,
                            undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                            finalize=_plain)  # fmt: skip
        found.filters.update(when=when, size=show_bytes, duration=show_duration)
        found.globals.update(count=show_count, phrases=self._hall.phrases, file=address, link=link)
        return found

    def _around(self, request: Request) -> dict[str, Any]:
        """What every page shows."""
        desk: Desk | None = request.scope.get("desk")
        scene = desk.window.scene if desk else None
        reader = reader_of(request)
        found: dict[str, Any] = {"reader": reader, "scene": scene, "path": request.url.path,
                                 "owner": "", "environment": "", "tenants": (),
                                 "places": self._places(request)}  # fmt: skip
        if reader and scene and scene.sight:
            owner = scene.sight.planned.plan.owner
            found |= {"owner": owner.project, "environment": owner.environment}
            if reader.whole:
                found["tenants"] = _tenants(thing.key.belongs_to for thing in scene.sight.things)
            elif len(reader.who.roles) > 1:
                found["tenants"] = tuple(sorted(reader.who.roles))
        return found

    def _places(self, request: Request) -> list[tuple[str, str, bool]]:
        """The environments that are kept, where their pages begin, and whether this is one of it.

        None where there is one alone.
        """
        hall, here = self._hall, self._hall.meant(request.url.path)
        names = hall.names if len(hall.names) > 1 else ()
        return [(name, hall.place(name), name == here) for name in names]


def reader_of(request: Request) -> Reader | None:
    """Who looks; None before he was let in."""
    who: Principal | None = request.scope.get("principal")
    if who is None:
        return None
    tenant = str(request.path_params.get("tenant", DEFAULT_TENANT))
    named = request.path_params.get("environment")
    place = f"/environments/{named}" if named else ""
    base = f"{place}/tenants/{tenant}" if "tenant" in request.path_params else place
    return Reader(who, tenant, place, base, request.scope.get("proof", ""))


def when(at: float | str) -> Markup:
    """A moment in UTC, with its day where that is not today."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else datetime.fromtimestamp(at, UTC)
    today = moment.date() == datetime.now(UTC).date()
    shown = moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M:%S")
    exact = moment.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}&nbsp;UTC</time>').format(exact, exact, shown)


def phases(things: Iterable[Thing]) -> list[tuple[str, int]]:
    """How many of our things are in each phase, the most first."""
    return Counter(str(thing.status.phase) for thing in things if thing.ours).most_common()


def link(key: Key, base: str) -> str:
    """The page of a thing."""
    return f"{base}/things/{key.kind}/{key.name}"


def home_of(who: Principal) -> str:
    """The first page for somebody in an environment: that of his tenant."""
    tenant = home_tenant(who)
    return "/" if tenant == DEFAULT_TENANT else f"/tenants/{quote(tenant)}/"


def home_tenant(who: Principal) -> str:
    """The tenant that somebody is shown first: of those he has a role in, by name."""
    if who.everywhere or not who.roles or DEFAULT_TENANT in who.roles:
        return DEFAULT_TENANT
    return min(who.roles)


def _tenants(named: Iterable[str]) -> tuple[str, ...]:
    found = {DEFAULT_TENANT, *named}
    return tuple(sorted(found)) if len(found) > 1 else ()


def _plain(value: Any) -> Any:
    """Characters that nobody sees, or that turn the direction of writing, are written out."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return "" if value is None else value
    if value.isascii() and value.isprintable():
        return value
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in _HIDDEN
                   else f"\\u{ord(c):04x}" for c in value)  # fmt: skip
