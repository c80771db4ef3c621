"""The one way in: a request is let in, kept small, counted, and kept where it may change something.

Plain ASGI, before any routing: a path that somebody adds is behind it without further ado.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reconciler.server import webhooks
from reconciler.server.page import paths
from reconciler.server.page.refusing import told
from reconciler.server.page.sheet import Sheets
from reconciler.server.refusal import Refusal, refused

if TYPE_CHECKING:
    from reconciler.server.desk import Desk
    from reconciler.server.hall import Hall

BODY_BYTES = 1 << 20
DOCUMENTS_BYTES = 16 << 20  # of a whole repository, sent to be planned
# They tell nothing of what is kept.
OPEN = frozenset({"/healthz", "/readyz", "/openapi.json"}) | paths.OPEN

_PAUSE_S = 0.02
_PROOFS = ("authorization", "x-hub-signature-256", "x-gitlab-token")


class Entrance:
    """The application with its guard before it."""

    def __init__(self, app: ASGIApp, hall: Hall, sheets: Sheets) -> None:
        self._app = app
        self._hall = hall
        self._sheets = sheets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. There are no websockets."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        begun, status, kept = time.monotonic(), 500, False

        async def sent(message: Message) -> None:
            nonlocal status, kept
            if message["type"] == "http.response.start":
                status = message["status"]
                with suppress(OSError):  # who was answered finds it in the log
                    self._keep(scope, status)
                    kept = True
            await send(message)

        try:
            await self._let_in(scope, receive, sent)
        finally:
            seconds = time.monotonic() - begun
            self._hall.requests.answered(_method(scope), _route(scope), status, seconds)
            if not kept:
                self._keep(scope, status)

    def _keep(self, scope: Scope, status: int) -> None:
        """Into the audit log: what may change something, and wrong tokens, few from one address."""
        shown = any(name in Headers(scope=scope) for name in _PROOFS)
        wrong = status in (401, 403) and (shown or scope["path"] == "/login")
        who = scope.get("principal")
        if not wrong and (who is None or scope["method"] in ("GET", "HEAD", "OPTIONS")):
            return
        known = "route" in scope and status not in (404, 422)
        target = scope["path"] if known else _route(scope)
        reason = scope.get("reason", "")  # kept by the verb that was given one
        for desk in self._logs(scope):
            desk.audit.add(who, _address(scope), _method(scope), target, status, reason)

    def _logs(self, scope: Scope) -> Sequence[Desk]:
        """Where a request is kept: in its environment, a login where it let somebody in."""
        if "entered" in scope:
            return [desk for desk in self._hall.desks if desk.environment in scope["entered"]]
        desk = self._hall.desk(self._hall.meant(scope["path"]))
        return [desk] if desk else self._hall.desks[:1]

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if scope["path"] == webhooks.PATH:
                headers = Headers(scope=scope)
                scope["delivery"] = webhooks.admit(self._hall, headers, _address(scope))
            elif scope["path"] not in OPEN:
                scope["desk"] = desk = await self._desk(scope["path"])
                # In a thread: it may have to wait for an issuer's keys.
                scope["principal"] = await run_in_threadpool(
                    self._hall.admitted, scope, desk, _address(scope)
                )
            limited = _limited(scope, receive)
        except Refusal as refusal:
            page = told(Request(scope), refusal, self._sheets, self._hall.words.problem)
            await page(scope, receive, send)
            return
        await self._app(scope, limited, send)

    async def _desk(self, path: str) -> Desk:
        """The desk for a path. Raises Refusal (503).

        In the first moments it is mostly on its way: whoever read the address may be quicker.
        """
        while self._hall.is_new and not self._hall.desk(self._hall.meant(path)):  # noqa: ASYNC110  desks are opened by threads
            await asyncio.sleep(_PAUSE_S)
        return self._hall.at(path)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """`receive` that reads no more than may come. Raises Refusal (413), later too."""
    most = DOCUMENTS_BYTES if scope["path"].endswith("/nouns/plan") else BODY_BYTES
    told = Headers(scope=scope).get("content-length", "0")
    if not told.isdecimal() or int(told) > most:
        raise _too_large(most)
    had = 0

    async def limited() -> Message:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        if had > most:
            raise _too_large(most)
        return message

    return limited


def _too_large(most: int) -> Refusal:
    return refused(413, "HT107", f"a body has {most:,} bytes at most")


def _address(scope: Scope) -> str:
    """The client's, as the socket has it; what a proxy says of its clients is not believed."""
    return scope["client"][0] if scope.get("client") else ""


def _route(scope: Scope) -> str:
    """The pattern that answered: few, whatever anybody asks for. One for all tenants."""
    pattern: str = getattr(scope.get("route"), "path", "")
    return f"/v1{pattern}" if pattern and scope["path"].startswith("/v1/") else pattern or "none"


def _method(scope: Scope) -> str:
    """One of the few that there are: anybody may send any word."""
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return scope["method"] if scope["method"] in known else "other"
