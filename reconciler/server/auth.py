"""Who asks, and what he may: default deny, bearer tokens, and few failures in a row.

Without a token nothing is answered but whether the process lives. With `--insecure-loopback` who
reaches the loopback is an admin; then requests that a web page made a browser send are refused.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from reconciler.model.record import NewerFormat
from reconciler.server.issuer_keys import KeysUnreadable
from reconciler.server.oidc import Issuer, looks_signed
from reconciler.server.refusal import Refusal, refused
from reconciler.server.tokens import Role, Token, Tokens, TokensUnreadable

FAILURES, WINDOW_S = 10, 60.0
_ADDRESSES = 4096  # that failures are remembered of
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="gsctl"'}
Members = Callable[[], Mapping[str, Mapping[str, Role]]]  # by subject, then by tenant
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks, and his roles. `id` is that of a token of ours.

    `everywhere` is his role in all tenants, and in what tells of all of them at once; `until`,
    in UTC seconds, is the end of a token that an issuer signed.
    """

    name: str
    everywhere: Role | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)  # by tenant
    id: str = ""
    until: float | None = None

    @property
    def person(self) -> str:
        """Who is behind it, for what is kept."""
        return f"{self.name} over the API"

    def role_in(self, tenant: str) -> Role | None:
        """What he may in a tenant; None: nothing, and not even whether there is one."""
        return self.everywhere or self.roles.get(tenant)

    @property
    def told(self) -> str:
        """His roles, for the audit log."""
        if self.everywhere:
            return self.everywhere.name.lower()
        return ",".join(f"{t}:{role.name.lower()}" for t, role in sorted(self.roles.items()))


@dataclass(slots=True)
class Failures:
    """Failed tries of the last minute, by the address that they came from."""

    _tries: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, address: str, now: float) -> bool:
        """Count one; whether it was one too many."""
        with self._lock:
            tries = self._tries.setdefault(address, deque(maxlen=FAILURES + 1))
            self._tries.move_to_end(address)
            if len(self._tries) > _ADDRESSES:
                self._tries.popitem(last=False)
            tries.append(now)
            return len(tries) > FAILURES and now - tries[0] < WINDOW_S


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets requests in."""

    tokens: Tokens
    insecure: bool = False  # whoever reaches the loopback is let in
    issuer: Issuer | None = None
    members: Members = dict  # the tenants that a subject of the issuer is a member of
    failures: Failures = field(default_factory=Failures)

    def admit(self, headers: Mapping[str, str], address: str | None) -> Principal:
        """Who asks. Raises Refusal: 401, or 429 after too many wrong tokens from one address.

        Without an address nothing is counted. A right token is let in all the same: others behind
        its address cannot lock it out. May wait for the issuer's keys, for seconds.
        """
        given = headers.get("authorization", "")
        if not given and self.insecure:
            return self._local(headers)
        scheme, _, text = given.partition(" ")
        text = text.strip() if scheme.lower() == "bearer" else ""
        if who := self._signed(text):
            return who
        with _readable():
            token = self.tokens.find(text) if text else None
        if token and token.expires_at > time.time():
            return _bearer(token)
        if given and address is not None and self.failures.add(address, time.monotonic()):
            raise refused(429, "HT103", "too many wrong tokens came from this address",
                          "wait a minute", {"Retry-After": f"{WINDOW_S:.0f}"})  # fmt: skip
        raise self._denied(given, expired=token is not None)

    def recognise(self, id_: str, subject: str = "") -> Principal:
        """Who showed the token of that id, or one of that subject of the issuer, before.

        Raises Refusal (401) where it is in force no more.
        """
        if subject:
            return Principal(subject, roles=self.members().get(subject, {}))
        with _readable():
            token = next((t for t in self.tokens.every() if t.id == id_), None)
        if token and token.expires_at > time.time():
            return _bearer(token)
        raise self._denied(id_, expired=token is not None)

    def _signed(self, text: str) -> Principal | None:
        """Who shows a token of the issuer, if it is right. Raises Refusal (503)."""
        if self.issuer is None or not looks_signed(text):
            return None
        try:
            found = self.issuer.read(text)
        except KeysUnreadable as error:
            raise refused(
                503, "HT112", "the issuer's keys are not known", "ask again", {"Retry-After": "5"}
            ) from error
        if found is None:
            return None
        roles = self.members().get(found.subject, {})
        return Principal(found.subject, roles=roles, until=found.until)

    def _denied(self, given: str, *, expired: bool) -> Refusal:
        says = "this token has expired" if expired else "no token that is known"
        says = says if given else "a token is needed"
        hint = "`gsctl token create NAME --role viewer` makes one; send `Authorization: Bearer …`"
        return refused(401, "HT101", says, hint, _CHALLENGE)

    def _local(self, headers: Mapping[str, str]) -> Principal:
        """Whoever is on this machine, but not the pages that his browser shows."""
        host, origin = headers.get("host", ""), headers.get("origin")
        foreign = origin is not None and origin != f"http://{host}"
        if host.rpartition(":")[0] not in LOOPBACK or foreign:
            hint = "ask by the address that `gsctl serve` told, or with a token"
            raise refused(403, "HT102", "this request comes from a page of somewhere else", hint)
        return Principal("loopback", Role.ADMIN)


def _bearer(token: Token) -> Principal:
    if token.tenant is None:
        return Principal(token.name, token.role, id=token.id)
    return Principal(token.name, roles={token.tenant: token.role}, id=token.id)


@contextmanager
def _readable() -> Iterator[None]:
    """Raises Refusal (503) where the file of tokens cannot be read."""
    try:
        yield
    except (TokensUnreadable, NewerFormat) as error:
        raise refused(503, "HT106", str(error), "revoke and create them anew") from error
