"""A real git server over https: git's own program behind Python's, with a certificate made here."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Server:
    """Serves what lies in `folder` to who shows the password; or sends everybody elsewhere."""

    folder: Path
    certificate: Path
    password: str = ""
    elsewhere: str = ""
    port: int = 0
    shown: list[str] = field(default_factory=list)  # every `Authorization` that came

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"


def certificate(folder: Path) -> Path:
    """For localhost, with its key in the same file."""
    path = folder / "certificate.pem"
    key = folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", str(key), "-out", str(path)], check=True, capture_output=True)  # fmt: skip
    path.write_text(path.read_text() + key.read_text())
    return path


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            given = self.headers.get("Authorization", "")
            server.shown += [given] if given else []
            wanted = "Basic " + base64.b64encode(f"robot:{server.password}".encode()).decode()
            if server.elsewhere:
                self.send_response(301)
                self.send_header("Location", server.elsewhere + self.path)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif server.password and given != wanted:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self.backend()

        do_POST = do_GET  # noqa: N815  as http.server calls it

        def backend(self) -> None:
            path, _, query = self.path.partition("?")
            length = int(self.headers.get("Content-Length") or 0)
            env = {**os.environ, "GIT_PROJECT_ROOT": str(server.folder), "GIT_HTTP_EXPORT_ALL": "1",
                   "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command,
                   "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                   "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                   "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}  # fmt: skip
            done = subprocess.run(["git", "http-backend"], input=self.rfile.read(length),
                                  capture_output=True, env=env)  # fmt: skip
            head, _, body = done.stdout.partition(b"\r\n\r\n")
            lines = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(lines.pop("Status", "200").split()[0]))
            lines["Content-Length"] = str(len(body))
            for name, value in lines.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    server.port = listening.server_address[1]
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
