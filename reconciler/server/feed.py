"""What happens, for those who listen: the newest events, and each new one as it comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

_KEPT = 500
_LISTENERS = 32
_BEAT_S = 15.0  # a comment, so that proxies keep the connection and dead clients are found


@dataclass(frozen=True, slots=True)
class Told:
    """One event. `tenant` None: of the whole environment. Ids only ever grow, past restarts too.

    They follow the clock, so that their gaps tell nobody how much others are told.
    """

    id: int
    type: str
    tenant: str | None
    data: Mapping[str, Any]

    def text(self) -> str:
        """As server-sent events have it."""
        return f"id: {self.id}\nevent: {self.type}\ndata: {json.dumps(self.data, default=str)}\n\n"


class Full(RuntimeError):
    """As many listen as there may be."""


class Feed:
    """Told from any thread, listened to in the server's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = time.time_ns() // 1_000
        self._events: deque[Told] = deque(maxlen=_KEPT)
        self._wakers: set[Callable[[], object]] = set()
        self._over = False

    def add(self, type_: str, tenant: str | None, data: Mapping[str, Any]) -> None:
        """Tell of something."""
        with self._lock:
            self._events.append(Told(self._next, type_, tenant, data))
            self._next = max(self._next + 1, time.time_ns() // 1_000)
        self._wake()

    def close(self) -> None:
        """Let every listener go."""
        self._over = True
        self._wake()

    def newest(self, sees: Callable[[Told], bool]) -> list[Told]:
        """Those that are kept, the newest first."""
        return [told for told in reversed(self._since(0)) if sees(told)]

    async def listen(
        self, after: int | None, sees: Callable[[Told], bool], spell: Callable[[Told], str]
    ) -> AsyncGenerator[str]:
        """Events after an id, from now on without one; those that were dropped by then are gone.

        Raises Full.
        """
        last = self._next - 1 if after is None else after
        loop, news = asyncio.get_running_loop(), asyncio.Event()

        def waker() -> None:
            with contextlib.suppress(RuntimeError):  # the server has ended
                loop.call_soon_threadsafe(news.set)

        with self._lock:
            if len(self._wakers) >= _LISTENERS:
                raise Full
            self._wakers.add(waker)
        try:
            yield ": listening\n\n"
            while not self._over:
                news.clear()
                for told in self._since(last):
                    last = told.id
                    if sees(told):
                        yield spell(told)
                try:
                    await asyncio.wait_for(news.wait(), _BEAT_S)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            with self._lock:
                self._wakers.discard(waker)

    def _since(self, last: int) -> list[Told]:
        with self._lock:
            return [told for told in self._events if told.id > last]

    def _wake(self) -> None:
        with self._lock:
            wakers = list(self._wakers)
        for waker in wakers:
            waker()
