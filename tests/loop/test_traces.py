"""Logs and traces of a real coordinator tell the same turns, by the same ids."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from coordinator import Coordinator, until
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

STATUS_ERROR = Status.StatusCode.STATUS_CODE_ERROR


class Collector:
    """Takes what is exported over HTTP as protobuf."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.about: dict[str, str] = {}
        self.paths: set[str] = set()
        self.url = ""

    def take(self, path: str, body: bytes) -> None:
        self.paths.add(path)
        for batch in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.about |= {a.key: a.value.string_value for a in batch.resource.attributes}
            for scope in batch.scope_spans:
                self.spans += scope.spans


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def attributes(span: Span) -> dict[str, Any]:
    return {a.key: a.value.string_value or a.value.int_value for a in span.attributes}


@pytest.mark.engine
@pytest.mark.slow
def test_turns_and_steps_are_one_trace_each_and_the_log_has_their_ids(
    kept: Coordinator, collector: Collector
) -> None:
    data = kept.repository.path / "data/person.csv"
    process = kept.repository.start("-o", "json", "serve", "--interval", "1h",
                                    "--otlp", collector.url)  # fmt: skip
    kept.await_ages(1)
    data.write_text(f"{data.read_text()}99,bob,old\n")
    until(lambda: any(s.status.code == STATUS_ERROR for s in collector.spans), "a failure is sent")
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert collector.paths == {"/v1/traces"}
    assert collector.about["service.name"] == "gsctl"

    log = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    turns = {line["trace"]: line for line in log if line["type"] == "tick"}
    roots = {span.trace_id.hex(): span for span in collector.spans if span.name == "turn"}
    assert set(turns) == set(roots), "each turn is a trace and a line"
    assert turns[log[0]["trace"]]["result"] == "applied"
    assert {attributes(roots[id_])["gsctl.result"] for id_ in roots} == {
        line["result"] for line in turns.values()}  # fmt: skip

    steps = [span for span in collector.spans if span.name == "step"]
    ended = [line for line in log if line["type"] in ("step_finished", "step_failed")]
    assert {(s.trace_id.hex(), s.span_id.hex()) for s in steps} == {
        (line["trace"], line["span"]) for line in ended}  # fmt: skip
    for span in steps:
        root = roots[span.trace_id.hex()]
        assert span.parent_span_id == root.span_id
        assert root.start_time_unix_nano <= span.start_time_unix_nano
        assert span.end_time_unix_nano <= root.end_time_unix_nano
    loaded = [attributes(s) for s in steps if "gsctl.rows" in attributes(s)]
    assert {"gsctl.key": "Graph/people", "gsctl.rows": 20}.items() <= loaded[0].items()
    failed = [s for s in steps if s.status.code == STATUS_ERROR]
    assert failed
    assert attributes(failed[0])["gsctl.code"] == "LD201"


@pytest.mark.engine
@pytest.mark.slow
def test_a_collector_that_is_gone_holds_nobody_up(kept: Coordinator, collector: Collector) -> None:
    process = kept.repository.start("serve", "--interval", "1h", "--otlp", "http://127.0.0.1:9")
    kept.await_ages(1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert collector.spans == []


@pytest.mark.parametrize("url", ["127.0.0.1:4318", "file:///etc/passwd", "http://u:p@127.0.0.1:1"])
def test_what_is_no_collector_is_refused(kept: Coordinator, url: str) -> None:
    done = kept.repository.gsctl("serve", "--otlp", url)
    assert done.returncode == 1
    assert "CL112" in done.stderr
    assert "u:p" not in done.stderr


def test_nothing_of_it_is_imported_unless_somebody_asks() -> None:
    says = """
import gsctl.cli, gsctl.coordinator.coordinating, reconciler.traces, sys
print([m for m in sys.modules if m.startswith("opentelemetry.sdk")])
"""
    done = subprocess.run([sys.executable, "-c", says], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
