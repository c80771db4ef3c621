"""Asking what somebody else changes at this moment: a switch takes a moment, and is waited out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from reconciler.api import Api

WAIT_S = 10.0
_PAUSE_S = 0.1
T = TypeVar("T")


def waited_out(api: Api, ask: Callable[[], T]) -> T:
    """What `ask` gives, which is called again while somebody writes and what it asks for hides.

    Without a writer beside it is called once: nobody waits for a server that nobody starts. `ask`
    must only raise Unseen or Unanswered where nothing was written.
    """
    from gsctl.doors.finding import Unseen
    from reconciler.contracts import Unanswered

    deadline = time.monotonic() + WAIT_S
    while True:
        before = api.turn()
        try:
            return ask()
        except (Unseen, Unanswered):
            after = api.turn()
            _, writes = after
            if not (writes or after != before) or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)


def hidden_for_a_while(ask: Callable[[], T]) -> T:
    """The same of a coordinator, which brings back what it keeps: it is asked again for as long."""
    from gsctl.exits import Stop

    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            return ask()
        except Stop as stop:
            hides = all(problem.code == "ST100" for problem in stop.problems)
            if not hides or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_S)
