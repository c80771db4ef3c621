"""Who has shown a token to the page: a cookie that names a session, kept in memory alone.

The token itself is never kept, nor sent to a browser. A session counts on pages only, never on
`/v1`, and no longer than its token; a coordinator that starts anew asks again.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from reconciler.server.auth import LOOPBACK, Principal

LASTS_S = 12 * 3600.0
_MOST = 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """By what somebody was let into an environment. `until` in UTC seconds.

    `token` is the id of what he showed; `subject` who an issuer says that he is.
    """

    token: str
    until: float
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who was let in: into which environments, and by what."""

    shown: Mapping[str, Shown]
    proof: str = field(default_factory=lambda: secrets.token_urlsafe(32))  # goes into each form

    def of(self, environment: str) -> Shown | None:
        """By what he was let in there, if that is not over."""
        found = self.shown.get(environment)
        return found if found and found.until >= time.time() else None


class Sessions:
    """The sessions of one coordinator, the ones used longest ago forgotten first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self.proof = secrets.token_urlsafe(32)  # of whoever needs no session, on the loopback

    def begin(self, who: Mapping[str, Principal], before: str = "") -> str:
        """The secret of a new session of somebody, by the environments that he was let into.

        What was shown before, in the session of that secret, goes on in it; that session ends.
        """
        secret, old = secrets.token_urlsafe(32), self.find(before)
        shown = {**(old.shown if old else {}), **{name: _shown(one) for name, one in who.items()}}
        self.end(before)
        with self._lock:
            self._open[_digest(secret)] = Session(shown)
            while len(self._open) > _MOST:
                self._open.popitem(last=False)
        return secret

    def find(self, secret: str) -> Session | None:
        """The session of a secret, if it is not over."""
        name = _digest(secret)
        with self._lock:
            found = self._open.get(name)
            if found is None or not any(map(found.of, found.shown)):
                self._open.pop(name, None)
                return None
            self._open.move_to_end(name)
            return found

    def end(self, secret: str) -> None:
        """Forget one."""
        with self._lock:
            self._open.pop(_digest(secret), None)


def _shown(who: Principal) -> Shown:
    """What an issuer signed ends when he said."""
    until = time.time() + LASTS_S
    subject = who.name if who.until is not None else ""
    return Shown(who.id, min(until, who.until or until), subject)


def proves(given: str, proof: str) -> bool:
    """Whether a form carries what its page was given."""
    return bool(proof) and hmac.compare_digest(given.encode(), proof.encode())


def cookie_name(host: str) -> str:
    """By port: browsers share cookies between all ports of a host."""
    name, _, port = host.rpartition(":") if ":" in host.rpartition("]")[2] else (host, "", "")
    own = f"gsctl-{port}" if port.isdecimal() else "gsctl"
    return own if name in LOOPBACK else f"__Host-{own}"


def shown_secret(request: Request) -> str:
    """The secret that a browser shows; empty without one."""
    return request.cookies.get(cookie_name(request.headers.get("host", "")), "")


def give(response: Response, host: str, secret: str) -> None:
    """Let the browser keep a secret until it is closed; an empty one takes it back."""
    name, lasts_s = cookie_name(host), None if secret else 0
    response.set_cookie(name, secret, max_age=lasts_s, path="/", httponly=True,
                        samesite="strict", secure=name.startswith("__Host-"))  # fmt: skip


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
