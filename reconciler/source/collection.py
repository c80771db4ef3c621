"""Keeps the garbage collector away from what was read."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_left = 0  # objects, after the last look for garbage


@dataclass(slots=True)
class Heap:
    """What the collector knows of. `grown`: trees were made that stay; `looked`: for garbage."""

    grown: bool = False
    looked: bool = False

    def grows(self) -> None:
        """Trees that stay are made from now on.

        Who makes some again and again has garbage of those before. It is looked for once there may
        be a quarter more than was left the last time: a whole look takes as long as a small
        reading.
        """
        if not self.grown and gc.get_freeze_count() > _left * 1.25:
            self.looked = True
            gc.unfreeze()
            gc.collect()
        self.grown = True

    def stays(self) -> None:
        """What is there by now is left alone by the collector."""
        global _left  # noqa: PLW0603  as the collector itself there is one for the whole process
        if self.grown:
            gc.freeze()
            if self.looked or not _left:
                _left = gc.get_freeze_count()


@contextmanager
def no_collection(*, again: bool) -> Iterator[Heap]:
    """Keep the garbage collector from walking growing trees: it doubles the time.

    Nor does it walk what was read: that took a tenth of a lint of 10,000 things, and found nothing.
    `again`: perhaps nothing will be made anew, and then it is left as it is.
    """
    heap = Heap()
    if not gc.isenabled():
        yield heap
        return
    if not again:
        heap.grows()
    gc.disable()
    try:
        yield heap
    finally:
        heap.stays()
        gc.enable()
