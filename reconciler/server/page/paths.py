"""Which paths are pages, which of them are open to everybody, and which environment one is of."""

from __future__ import annotations

import re

_FILES = ("page.css", "icon.svg", "htmx-2.0.11.min.js", "htmx-sse-2.2.4.min.js", "LICENSES.txt")
OPEN = frozenset({"/login", *(f"/static/{name}" for name in _FILES)})
_PAGES = frozenset({"", "act", "environments", "events", "fresh", "history", "login", "logout",
                    "plan", "static", "tenants", "things"})  # fmt: skip
_NAMED = re.compile(r"(?:/v1)?/environments/([^/]+)(?:/|$)")
_OURS = re.compile(r"/(?![/\\])[!-~]*")


def is_page(path: str) -> bool:
    """Whether people look at it: there a session counts, and refusals are pages."""
    return path.split("/", 2)[1:2] != [] and path.split("/", 2)[1] in _PAGES


def environment_in(path: str) -> str | None:
    """The environment that a path names."""
    found = _NAMED.match(path)
    return found[1] if found else None


def ours(path: str) -> str:
    """Where to go on after the login: a path of this server, or its first page."""
    return path if _OURS.fullmatch(path) else "/"
