"""Ports of local units: below those that the system hands out, and the same ones each time."""

from __future__ import annotations

import hashlib
import socket

from reconciler import processes
from reconciler.contracts import UnitFailed

RANGE = range(17600, 18000)


def choose(seed: str, preferred: int | None, taken: frozenset[int]) -> int:
    """`preferred` if it is free, else the first free one from where `seed` points to.

    Raises:
        UnitFailed: `preferred` is not free (and who listens on it), or none is.
    """
    if preferred is not None:
        if preferred in taken:
            raise UnitFailed(f"port {preferred} is another unit's")
        if not is_free(preferred):
            raise UnitFailed(f"port {preferred} is in use{_by(preferred)}")
        return preferred
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4])
    for step in range(len(RANGE)):
        port = RANGE[(start + step) % len(RANGE)]
        if port not in taken and is_free(port):
            return port
    raise UnitFailed(f"no port from {RANGE.start} to {RANGE.stop - 1} is free")


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
