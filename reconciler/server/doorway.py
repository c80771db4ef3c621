"""Stands where the application will: tells that the process lives, and lets other questions wait.

To import the application takes longer than all else until it answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_LIVES = b'{"status":"ok"}'  # as the application says it


class Doorway:
    """Plain ASGI. Opened once, from any thread."""

    def __init__(self) -> None:
        self._application: Future[Application] = Future()

    def open(self, application: Application) -> None:
        """From now on it answers, what waited first."""
        self._application.set_result(application)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = (scope["type"], scope.get("method"), scope.get("path"))
        if asked == ("http", "GET", "/healthz") and not self._application.done():
            head = [(b"content-type", b"application/json"), (b"content-length", b"15")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": _LIVES})
            return
        application = await asyncio.wrap_future(self._application)
        await application(scope, receive, send)
