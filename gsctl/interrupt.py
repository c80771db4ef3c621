"""Ctrl-C: the first asks to stop after the running step, the second does not ask."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from gsctl.exits import Exit


@contextmanager
def asked_to_stop(tell: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that is set by the first SIGINT or SIGTERM; `tell` is called then.

    The second ends the process at once: each step is safe against that, like against a power cut.
    Only in the main thread; elsewhere the event is never set.
    """
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(Exit.INTERRUPTED)
        stop.set()
        tell()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
