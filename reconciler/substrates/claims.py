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
import time
from dataclasses import dataclass

_LASTS_S = 120.0  # a server is up by then, or will not come up


@dataclass(frozen=True, slots=True)
class _Claim:
    descriptor: int
    whose: str
    until: float


class Claims:
    """The claims of this process. From any thread."""

    def __init__(self) -> None:
        self._held: dict[int, _Claim] = {}
        self._lock = threading.Lock()

    def take(self, port: int, whose: str = "") -> bool:
        """Claim a port; whether it is ours now. One of ours is `whose` it was, or anybody's."""
        with self._lock:
            self._forget()
            if held := self._held.get(port):
                return whose in ("", held.whose)
            descriptor = _named(port)
            if descriptor is None:
                return False
            if descriptor >= 0:
                self._held[port] = _Claim(descriptor, whose, time.monotonic() + _LASTS_S)
            return True

    def drop(self, port: int) -> None:
        """Somebody listens there now."""
        with self._lock:
            if held := self._held.pop(port, None):
                os.close(held.descriptor)

    def _forget(self) -> None:
        now = time.monotonic()
        for port in [port for port, held in self._held.items() if held.until < now]:
            os.close(self._held.pop(port).descriptor)


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
