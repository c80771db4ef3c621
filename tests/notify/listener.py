"""A real HTTP server that keeps what it is sent, and answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from coordinator import until


@dataclass
class Listener:
    """What came, in order, and what the next answers are; 200 when none is left."""

    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.hold.set()

    def await_bodies(self, count: int) -> list[dict[str, Any]]:
        until(lambda: len(self.bodies) >= count, f"{count} messages; there are {self.bodies}")
        return self.bodies

    def await_one(self, **fields: str) -> dict[str, Any]:
        def those() -> list[dict[str, Any]]:
            return [b for b in list(self.bodies) if fields.items() <= b.items()]

        until(lambda: bool(those()), f"a message with {fields}; there are {self.bodies}")
        return those()[0]


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.hold.wait(60)
            listener.methods.append(self.command)
            listener.headers.append({k.lower(): v for k, v in self.headers.items()})
            listener.bodies.append(json.loads(body))
            status, headers = listener.answers.pop(0) if listener.answers else (200, {})
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            listener.methods.append(self.command)
            self.send_error(404)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
