"""Ports that are spoken for before anybody listens on them.

A server that ends and the next one on its port leave a moment in which the port is free, and two
commands that look for a free port at once find the same one. So whoever is about to listen claims
it: by a name in the kernel's own list (an abstract socket), which every gsctl of this machine sees,
and which ends with the process that made it. Where a kernel has no such list nothing is claimed.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from dataclasses import dataclass

LASTS_S = 10.0  # until it is started what is claimed; whoever starts it claims it for as long


@dataclass(frozen=True, slots=True)
class _Claim:
    descriptor: int
    whose: str
    end: threading.Timer


class Claims:
    """The claims of this process. From any thread."""

    def __init__(self) -> None:
        self._held: dict[int, _Claim] = {}
        self._lock = threading.Lock()

    def take(self, port: int, whose: str = "", lasts_s: float = LASTS_S) -> bool:
        """Claim a port; whether it is ours now. One of ours is `whose` it was, or anybody's."""
        with self._lock:
            held = self._held.get(port)
            if held and whose not in ("", held.whose):
                return False
            descriptor = held.descriptor if held else _named(port)
            if descriptor is None:
                return False
            if held:
                held.end.cancel()
            if descriptor >= 0:
                end = self._ends(port, lasts_s)
                self._held[port] = _Claim(descriptor, held.whose if held else whose, end)
            return True

    def drop(self, port: int) -> None:
        """Somebody listens there now, or will not."""
        with self._lock:
            if held := self._held.pop(port, None):
                held.end.cancel()
                os.close(held.descriptor)

    def _ends(self, port: int, lasts_s: float) -> threading.Timer:
        """A process that lives long ends what it claimed, whatever else it does."""

        def end() -> None:
            with self._lock:
                if (held := self._held.get(port)) and held.end is timer:  # not claimed anew
                    os.close(self._held.pop(port).descriptor)

        timer = threading.Timer(lasts_s, end)
        timer.daemon = True
        timer.start()
        return timer


def _named(port: int) -> int | None:
    """A descriptor that holds the claim; None: another process has it; -1: none can be made."""
    if sys.platform != "linux":
        return -1
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(f"\0gsctl-port-{port}")
        except OSError:
            return None
        return sock.detach()


CLAIMS = Claims()
