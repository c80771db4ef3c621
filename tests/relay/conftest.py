"""A real relay process, and real HTTP servers behind it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from relay_ports import free_port

from reconciler.durable import replace_json
from reconciler.relay import hold


class Answers(BaseHTTPRequestHandler):
    """What a server may do to the one who asks; its name is in each answer."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing is told to the terminal."""

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().setup()

    def body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            data = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return data
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def whole(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def do_GET(self) -> None:
        what, _, number = self.path.strip("/").partition("/")
        match what:
            case "name":
                self.whole(self.server.name.encode())
            case "big":
                self.whole(b"x" * int(number))
            case "slow":
                time.sleep(float(number))
                self.whole(self.server.name.encode())
            case "chunked":
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for n in range(int(number)):
                    part = f"part {n}\n".encode() * 50
                    self.wfile.write(f"{len(part):x};n={n}\r\n".encode() + part + b"\r\n")
                self.wfile.write(b"0\r\nTrailer: t\r\n\r\n")
            case "until-end":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"y" * int(number))
                self.close_connection = True
            case "half":
                self.send_response(200)
                self.send_header("Content-Length", "100")
                self.end_headers()
                self.wfile.write(b"z" * 10)
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        if self.path == "/die":
            self.server.deaths += 1
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        data = self.body()
        self.whole(f"{self.server.name} {len(data)} {hash(data)}".encode())


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def __init__(self, name: str, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Answers)
        self.name = name
        self.deaths = 0
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """A client that went is no news."""


class Town:
    """A relay and its servers."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self._stack = stack
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def server(self, name: str, port: int = 0) -> Server:
        server = Server(name, port)
        self._stack.callback(server.server_close)
        self._stack.callback(server.shutdown)
        return server

    def point(self, port: int) -> None:
        replace_json(self.folder / "serving.json", {"backend": port})

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-m", "reconciler.relay", str(self.port), str(self.folder)],
            stdout=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._stack.callback(self.end, self.process)
        while not hold.answers(self.folder):
            assert self.process.poll() is None, "the relay did not come up"
            time.sleep(0.01)

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self._stack.callback(client.close)
        return client

    def peak_kib(self) -> int:
        assert self.process
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))

    def state(self) -> dict[str, object]:
        with socket.socket(socket.AF_UNIX) as control:
            opened = os.open(self.folder, os.O_RDONLY)
            control.connect(f"/proc/self/fd/{opened}/relay.sock")
            os.close(opened)
            control.sendall(b"look\n")
            return json.loads(control.recv(4096))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A relay that is up, before a server called `one`."""
    with ExitStack() as stack:
        # As deep as repositories lie: longer than the address of a socket may be.
        folder = tmp_path / ("deep" * 20) / ("deeper" * 10)
        folder.mkdir(parents=True)
        found = Town(folder, stack)
        found.point(found.server("one").server_port)
        found.start()
        yield found
