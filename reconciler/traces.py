"""Sends the loop's turns and their steps to a collector of OpenTelemetry, when they are over.

Needs the extra `gsctl[otel]`: nothing of it is imported before an exporter is made. The loop never
waits for a collector: what does not fit into the SDK's queue is dropped there.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.api import Api
from reconciler.lease import LeaseHeld, LeaseLost
from reconciler.loop.keeper import Keeper
from reconciler.loop.tick import Tick
from reconciler.loop.trace import Trace
from reconciler.model.event import Event, Failed, Finished, Skipped, Started
from reconciler.model.unit import Unit

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

_WITHIN_S = 5.0  # for one request, and for what waits at the end


@dataclass(slots=True)
class _Step:
    """A step as far as it went. Times in UTC nanoseconds."""

    began: int
    attributes: dict[str, str | int]
    ended: int | None = None
    failure: str = ""


@dataclass(slots=True)
class _Ids:
    """Gives spans the ids that the log has; the SDK asks for one of each at a time."""

    trace: Trace
    step: str = ""

    def generate_trace_id(self) -> int:
        return int(self.trace.id, 16)

    def generate_span_id(self) -> int:
        return int(self.trace.span(self.step), 16)

    def is_trace_id_random(self) -> bool:
        return True


@dataclass(slots=True)
class Traces:
    """A listener of the loop: a span a turn, with one for each of its steps."""

    _provider: TracerProvider
    _tracer: Tracer
    _ids: _Ids
    _steps: dict[str, _Step] = field(default_factory=dict)

    @classmethod
    def to(cls, url: str | None, trace: Trace, version: str) -> Traces:
        """Send to the collector at `url`, else where the OTEL_* variables say.

        Raises ImportError where the extra is not installed.
        """
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        about = {"service.version": version}
        if "OTEL_SERVICE_NAME" not in os.environ:
            about["service.name"] = "gsctl"
        endpoint = f"{url.rstrip('/')}/v1/traces" if url else None
        ids = _Ids(trace)
        provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False,
                                  id_generator=ids)  # type: ignore[arg-type]  # it has its methods  # fmt: skip
        exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_WITHIN_S)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider, provider.get_tracer("gsctl", version), ids)

    def leads(self, epoch: int) -> None:
        """Turns tell of it."""

    def begins(self, keeper: Keeper, steps: int) -> None:  # noqa: ARG002  part of what listeners are told
        """Steps come."""
        self._steps.clear()

    def happened(self, event: Event) -> None:
        """A step began, or ended."""
        now = time.time_ns()
        if isinstance(event, Started):
            told = {"gsctl.step": event.step, "gsctl.key": str(event.key), "gsctl.says": event.says}
            self._steps[event.step] = _Step(now, {**told})
            return
        step = self._steps.get(event.step)
        if step is None:
            return
        match event:
            case Finished():
                step.ended = now
                if event.rows is not None:
                    step.attributes["gsctl.rows"] = event.rows
            case Failed():
                step.ended, step.failure = now, "; ".join(p.summary for p in event.problems)
                step.attributes["gsctl.code"] = ", ".join(p.code for p in event.problems)
            case Skipped():
                step.ended, step.failure = now, event.why

    def turned(self, tick: Tick, reasons: Sequence[str], keeper: Keeper) -> None:
        """A turn is over: it is sent with its steps."""
        from opentelemetry.trace import set_span_in_context

        self._ids.step = ""
        root = self._tracer.start_span("turn", start_time=_ns(tick.began),
                                       attributes=_about(tick, reasons, keeper))  # fmt: skip
        inside = set_span_in_context(root)
        for name, step in self._steps.items():
            self._ids.step = name
            span = self._tracer.start_span("step", inside, start_time=step.began,
                                           attributes=step.attributes)  # fmt: skip
            _judge(span, step.failure)
            span.end(step.ended)
        _judge(root, "; ".join(p.summary for p in tick.problems) if tick.result == "failed" else "")
        root.end()
        self._steps.clear()

    def ended(self, unit: Unit) -> None:
        """The turn that follows names it as its reason."""

    def stands_by(self, api: Api, held: LeaseHeld) -> None:
        """Whoever leads sends."""

    def lost(self, error: LeaseLost) -> None:
        """The turn that was going on has no end."""

    def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(_WITHIN_S)


def _about(tick: Tick, reasons: Sequence[str], keeper: Keeper) -> Mapping[str, str | list[str]]:
    return {
        "gsctl.owner": str(keeper.whole.plan.owner),
        "gsctl.result": tick.result,
        "gsctl.revision": tick.revision,
        "gsctl.woken_by": list(reasons),
        "gsctl.waiting": [str(key) for key in sorted(tick.waiting)],
        "gsctl.refused": [problem.code for problem in tick.refused],
    }


def _judge(span: object, failure: str) -> None:
    from opentelemetry.trace import Span, Status, StatusCode

    assert isinstance(span, Span)
    if failure:
        span.set_status(Status(StatusCode.ERROR, failure))


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
