"""The HTTP server in a thread of its own, from the first moment to the last."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

import uvicorn

from reconciler.server.doorway import Doorway

_HEAD_BYTES = 1 << 17  # of a request: a longer one may be cut off without an answer
_AT_ONCE = 128  # connections; what comes beyond is told to come again
_LAST_S = 2  # for answers that are being given when it ends


def bound(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # By its protocol's name asyncio knows a socket that may send at once. Without it every answer
    # waits 40 ms: its body until the client's kernel has said that the head arrived.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(_AT_ONCE)
    except BaseException:
        found.close()
        raise
    return found


def url_of(listener: socket.socket) -> str:
    """Where it answers."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def listening(listener: socket.socket) -> Iterator[Doorway]:
    """Answer until the end of the block, by what the doorway is opened to.

    Signals stay with the main thread.
    """
    doorway = Doorway()
    config = uvicorn.Config(doorway, log_config=None, access_log=False, server_header=False,
                            proxy_headers=False, limit_concurrency=_AT_ONCE, ws="none",
                            http="h11", h11_max_incomplete_event_size=_HEAD_BYTES,
                            lifespan="off", timeout_graceful_shutdown=_LAST_S)  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="gsctl-http", daemon=True)
    thread.start()
    try:
        yield doorway
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
