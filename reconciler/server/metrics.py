"""What Prometheus reads of an environment: counted as it happens, or read from the last look."""

from __future__ import annotations

import threading
import time
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from reconciler.loop.tick import Tick
from reconciler.model.event import Event, Failed, Finished
from reconciler.model.key import Key
from reconciler.model.problem import errors
from reconciler.server.window import Sight, Window

_TURN_S = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)


class Metrics:
    """The numbers of one environment. Told from the loop's thread and the server's."""

    def __init__(self, window: Window) -> None:
        """`window` shows the last look."""
        self._registry = registry = CollectorRegistry()
        self._turns = Histogram(
            "gsctl_reconcile_duration_seconds", "Turns of the loop, by how they ended", ["result"],
            registry=registry, buckets=_TURN_S)  # fmt: skip
        self._rows = Counter(
            "gsctl_load_rows", "Rows that were written, by graph", ["tenant", "graph"],
            registry=registry)  # fmt: skip
        self._failed = Counter(
            "gsctl_step_failures", "Steps that failed", ["kind", "code"],
            registry=registry)  # fmt: skip
        self._ended = Counter(
            "gsctl_engine_restarts", "Servers that ended by themselves, and are started again",
            ["tenant", "graph"], registry=registry)  # fmt: skip
        self._notified = Counter(
            "gsctl_notifications", "Messages for receivers, by whether they were sent",
            ["receiver", "outcome"], registry=registry)  # fmt: skip
        self._lock = threading.Lock()
        self._seen = _Seen(window)
        registry.register(self._seen)

    def turned(self, tick: Tick) -> None:
        """A turn is over."""
        self._turns.labels(tick.result).observe(max(0.0, time.time() - tick.began))
        waits = tick.waiting.items()
        self._seen.waiting = Tally((key.tenant, key.kind, wait.reason) for key, wait in waits)

    def happened(self, event: Event) -> None:
        """Something happened while a plan was done."""
        if isinstance(event, Finished) and event.rows:
            self._rows.labels(event.key.tenant, event.key.name).inc(event.rows)
        if isinstance(event, Failed):
            for problem in event.problems:
                self._failed.labels(event.key.kind, problem.code).inc()

    def ended(self, key: Key) -> None:
        """A server ended that nobody had asked to."""
        self._ended.labels(key.tenant, key.name).inc()

    def notified(self, receiver: str, outcome: str) -> None:
        """A message was sent, or failed, or was dropped."""
        self._notified.labels(receiver, outcome).inc()

    def collect(self) -> tuple[Metric, ...]:
        """All of them, as they are now."""
        with self._lock:
            return tuple(self._registry.collect())


class _Seen(Collector):
    """Read from the window at each scrape."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.waiting: Mapping[tuple[str, ...], int] = {}  # replaced as a whole at each turn

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One family after another. What was not seen yet is left out: absent is not zero."""
        scene = self._window.scene
        yield GaugeMetricFamily("gsctl_lease_held", "Whether this coordinator leads",
                                value=scene.part == "leading")  # fmt: skip
        if scene.epoch:
            yield GaugeMetricFamily("gsctl_lease_epoch", "The epoch it leads, or led, under",
                                    value=scene.epoch)  # fmt: skip
        if scene.sight is None:
            return
        yield GaugeMetricFamily("gsctl_last_look_timestamp_seconds", "When it last looked",
                                value=scene.sight.at)  # fmt: skip
        yield GaugeMetricFamily("gsctl_acting", "Whether a plan is being done",
                                value=scene.sight.acting)  # fmt: skip
        yield from _of_things(scene.sight)
        yield from _of_plan(scene.sight)
        yield _family("gsctl_waiting_resources", "Things that are left alone for a while, by why",
                      ("tenant", "kind", "reason"), self.waiting)  # fmt: skip


def _of_plan(sight: Sight) -> Iterator[GaugeMetricFamily]:
    plan = sight.planned.plan
    pending: dict[tuple[str, ...], int] = {(sort,): number for sort, number in plan.summary.items()}
    yield _family("gsctl_pending_changes", "Changes of the plan", ("sort",), pending)
    yield GaugeMetricFamily("gsctl_refused_changes", "Reasons why changes are refused",
                            value=len(plan.refusals))  # fmt: skip
    yield GaugeMetricFamily("gsctl_pending_approvals", "Changes that wait for an approval",
                            value=len(plan.asks))  # fmt: skip
    yield GaugeMetricFamily("gsctl_problems", "What could not be read, seen or done",
                            value=len(errors(plan.problems)))  # fmt: skip


def _of_things(sight: Sight) -> Iterator[GaugeMetricFamily]:
    phases: Tally[tuple[str, ...]] = Tally(
        (t.key.tenant, t.key.kind, str(t.status.phase)) for t in sight.things
    )
    drift: Tally[tuple[str, ...]] = Tally()
    for thing in sight.things:
        drift[thing.key.tenant, thing.key.kind] += bool(thing.status.drift)
    yield _family(
        "gsctl_resources", "Things, declared or live", ("tenant", "kind", "phase"), phases
    )
    yield _family("gsctl_drifted_resources", "Things that somebody changed by hand",
                  ("tenant", "kind"), drift)  # fmt: skip


def _family(
    name: str, says: str, labels: Iterable[str], numbers: Mapping[tuple[str, ...], int]
) -> GaugeMetricFamily:
    """One number for each set of labels."""
    family = GaugeMetricFamily(name, says, labels=tuple(labels))
    for values, number in sorted(numbers.items()):
        family.add_metric(values, number)
    return family
