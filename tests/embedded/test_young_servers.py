"""A server that a crash left as it began is waited for, and one that is silent later is not."""

from __future__ import annotations

import http.server
import threading
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.embedded.look import Hidden, ask_unit
from reconciler.model.key import Owner
from reconciler.model.unit import Unit, UnitMark

LOOK: Any = SimpleNamespace(dialect=SimpleNamespace(program=SimpleNamespace(SCHEMA="/schema")))
MARK = UnitMark(Owner("p", "default", "abcdefgh"), "r", "/", "default", "Graph", "g", "u", "c", "d")


class Schema(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"tables": []}')

    def log_message(self, *args: object) -> None:
        """Silent."""


def test_who_began_a_moment_ago_is_waited_for() -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), Schema, bind_and_activate=False)
    server.server_bind()  # it has its port, and does not listen yet
    unit = Unit("1", MARK, "up", f"127.0.0.1:{server.server_address[1]}", time.time())

    def serve() -> None:
        time.sleep(0.5)
        server.server_activate()
        server.handle_request()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        assert ask_unit(LOOK, unit) == {"tables": []}
    finally:
        thread.join(10)
        server.server_close()


@pytest.mark.parametrize("age_s", [3600.0, -3600.0])
def test_who_runs_for_long_or_began_in_the_future_is_not(
    age_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it was waited for"))
    unit = Unit("1", MARK, "up", "127.0.0.1:9", time.time())
    with pytest.raises(Hidden, match="does not answer"):
        ask_unit(LOOK, replace(unit, started_at=time.time() - age_s))
