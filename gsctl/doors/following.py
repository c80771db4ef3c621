"""A log, as it is and as it goes on: asked again and again, so that no line is kept open."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gsctl.doors.door import Lines

if TYPE_CHECKING:
    from reconciler.contracts import Written


def followed(ask: Callable[[str], Written], wanted: Lines, pause_s: float) -> Iterator[str]:
    """What `ask` says was written after a place (at first: the last lines); to follow, for ever."""
    found = ask("")
    if not wanted.follow:
        yield from found.every
        return
    while True:
        yield from found.lines
        if not found.lines:
            time.sleep(pause_s)
        found = ask(found.place)
