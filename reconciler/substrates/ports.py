"""Ports of local units: below those that the system hands out, and the same ones each time."""

from __future__ import annotations

import hashlib
import os
import socket
import time

from reconciler import processes
from reconciler.contracts import UnitFailed
from reconciler.substrates.claims import CLAIMS

RANGE = range(17600, 18000)
_DYING_S = 2.0  # a killed process that frees much memory lets go of its port that late
VARIABLE = "GSCTL_PORTS"  # another range, as `17600-17999`


def choose(seed: str, preferred: int | None, taken: frozenset[int]) -> int:
    """`preferred` if it is free, else the first free one from where `seed` points to; claimed.

    Raises:
        UnitFailed: `preferred` is not free (and who listens on it), or none is.
    """
    if preferred is not None:
        if preferred in taken:
            raise UnitFailed(f"port {preferred} is another unit's")
        if not _gets_free(preferred):
            raise UnitFailed(f"port {preferred} is in use{_by(preferred)}")
        if not CLAIMS.take(preferred):
            raise UnitFailed(f"another gsctl is about to start a server on port {preferred}")
        return preferred
    start, among = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]), _range()
    for step in range(len(among)):
        port = among[(start + step) % len(among)]
        if port not in taken and is_free(port) and CLAIMS.take(port, seed):
            return port
    raise UnitFailed(f"no port from {among.start} to {among.stop - 1} is free")


def _range() -> range:
    """Which ports may be chosen. Raises UnitFailed."""
    text = os.environ.get(VARIABLE, "")
    if not text:
        return RANGE
    first, _, last = text.partition("-")
    try:
        found = range(int(first), int(last) + 1)
    except ValueError:
        found = range(0)
    if not found or found.start < 1 or found.stop > 65536:
        raise UnitFailed(f"{VARIABLE} is `{text}`, and no range of ports such as 17600-17999")
    return found


def _gets_free(port: int) -> bool:
    """Whether it is free. A listener that is nobody's was killed: its end is waited for."""
    until = time.monotonic() + _DYING_S
    while not is_free(port):
        if _by(port) or time.monotonic() >= until:
            return False
        time.sleep(0.02)
    return True


def is_free(port: int) -> bool:
    """Whether a server could listen on the loopback there now."""
    with socket.socket() as probe:
        # As servers do: connections that were closed a minute ago are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Whether a process itself listens there. True as well where this machine does not tell.

    Whoever answers at a port may be another's server that took it a moment earlier.
    """
    found = processes.listening(pid)
    return found is None or port in found


def _by(port: int) -> str:
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            here = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if here and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return ""
    return ""
