"""A server for one copy, on the loopback: `python -m reconciler.testing.paper.server FOLDER PORT`.

GET tells the copy; POST does a sentence. It holds the page while it runs, and ends on SIGTERM.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from reconciler.testing.paper import page as pages
from reconciler.testing.paper.speech import Wrong, answer


class Handler(BaseHTTPRequestHandler):
    """Answers from the page on disk, so that nothing is lost when the process is killed."""

    folder = Path()

    def do_GET(self) -> None:
        self._say({"copy": self.folder.name})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        page = pages.read(self.folder)
        assert page, "the page is held, so it is there"
        try:
            table = answer(page, asked["text"], write=asked["write"], limit=asked["limit"])
        except Wrong as error:
            self._say({"wrong": str(error)})
            return
        if asked["write"]:
            pages.write(self.folder, page)
        self._say({"columns": table.columns, "rows": table.rows, "more": table.more})

    def _say(self, data: dict[str, Any]) -> None:
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing of each request."""


def main(folder: str, port: str) -> None:
    """Serve until told to stop."""
    Handler.folder = Path(folder)
    with pages.held(Handler.folder), HTTPServer(("127.0.0.1", int(port)), Handler) as server:
        # From another thread: the one that serves would wait for itself.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(poll_interval=0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
