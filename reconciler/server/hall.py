"""The desks of one coordinator: one for each environment that it keeps; the first is that of `/v1`.

An environment has a desk from the moment on that its root is known, which a source of git may keep
waiting: until then its questions are told to come again, and those of others are answered.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from reconciler.following.webhooks import Webhooks
from reconciler.server.auth import Failures, Principal
from reconciler.server.desk import Desk, Phrases, Words
from reconciler.server.exposition import Requests, exposed
from reconciler.server.page import paths
from reconciler.server.page.sessions import Sessions, shown_secret
from reconciler.server.refusal import Refusal, unseen
from reconciler.server.window import Part

UNSEEN = "its documents were not seen yet"
NEW_S = 3.0


@dataclass(slots=True)
class Hall:
    """All that is answered from. `names` are the environments; one at least.

    Desks come and go in the threads of their environments, and are read by any.
    """

    names: tuple[str, ...]
    words: Words
    phrases: Phrases
    webhooks: Webhooks
    requests: Requests
    failures: Failures = field(default_factory=Failures)
    sessions: Sessions = field(default_factory=Sessions)
    _desks: dict[str, Desk] = field(default_factory=dict)
    _why: dict[str, str] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    @property
    def is_new(self) -> bool:
        """Whether it has just begun to answer, and is to be given a moment."""
        return time.monotonic() - self._began < NEW_S

    def open(self, desk: Desk) -> None:
        """From now on questions about its environment are answered."""
        self._desks[desk.environment] = desk

    def shut(self, desk: Desk, why: str) -> None:
        """No more, and why."""
        self._why[desk.environment] = why
        if self._desks.get(desk.environment) is desk:
            del self._desks[desk.environment]
        desk.feed.close()

    @property
    def desks(self) -> Sequence[Desk]:
        """Those that are open, in the order of the names."""
        found = (self._desks.get(name) for name in self.names)
        return [desk for desk in found if desk]

    def desk(self, name: str) -> Desk | None:
        """That of an environment, if it is open."""
        return self._desks.get(name)

    def meant(self, path: str) -> str:
        """The environment that a path names; the first where it names none, or none of these."""
        named = paths.environment_in(path)
        return named if named in self.names else self.names[0]

    def at(self, path: str) -> Desk:
        """The desk for a path. Raises Refusal (503) where its environment has none yet."""
        name = self.meant(path)
        if desk := self._desks.get(name):
            return desk
        raise unseen()

    def admitted(self, scope: Scope, desk: Desk, address: str | None) -> Principal:
        """Who asks there: by a token; on pages also by a session that a token began.

        A wrong token is counted for the address, where one is given. Raises Refusal (401, 403,
        429). May wait for the issuer's keys.
        """
        headers = Headers(scope=scope)
        if paths.is_page(scope["path"]) and "authorization" not in headers:
            if session := self.sessions.find(shown_secret(Request(scope))):
                scope["proof"] = session.proof
                if shown := session.of(desk.environment):
                    return desk.gate.recognise(shown.token, shown.subject)
            if desk.gate.insecure:
                scope["proof"] = self.sessions.proof
        return desk.gate.admit(headers, address)

    def reader(self, scope: Scope, desk: Desk) -> Principal | None:
        """The same for a look aside: None where nobody is let in there."""
        try:
            return self.admitted(scope, desk, None)
        except Refusal:
            return None

    def numbers(self, scope: Scope) -> bytes:
        """Those of each environment in which whoever asks may see all, for Prometheus."""
        seen = {desk.environment: desk.metrics for desk in self.desks
                if (who := self.reader(scope, desk)) and who.everywhere}  # fmt: skip
        return exposed(self.requests, seen)

    def unready(self, now: float) -> tuple[Part, str]:
        """What the first environment that is not ready does, and why; of the first if all are."""
        told = {name: self.state(name, now) for name in self.names}
        bad = next((name for name, (_, why) in told.items() if why), None)
        if bad is None:
            return told[self.names[0]]
        part, why = told[bad]
        return part, why if len(self.names) == 1 else f"{bad}: {why}"

    def state(self, name: str, now: float) -> tuple[Part, str]:
        """What the coordinator is for an environment, and why it is not to be relied on."""
        desk = self._desks.get(name)
        if desk is None:
            return "starting", self._why.get(name, UNSEEN)
        return desk.window.scene.part, desk.window.unready(now)

    def close(self) -> None:
        """Let every listener go."""
        for desk in self.desks:
            desk.feed.close()

    def place(self, name: str) -> str:
        """What stands before the paths of an environment's pages."""
        return "" if name == self.names[0] else f"/environments/{name}"

    @property
    def known(self) -> str:
        """The environments, for people."""
        word = "environment" if len(self.names) == 1 else "environments"
        return f"{word} {', '.join(self.names)}"
