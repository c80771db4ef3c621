"""The numbers of a coordinator as one text for Prometheus, each with its environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from reconciler.server.metrics import Metrics

_ANSWER_S = (0.01, 0.1, 1, 10, 60)


class Requests(Collector):
    """What is counted of the process: its requests, its memory and time, and which gsctl it is."""

    def __init__(self, version: str) -> None:
        """`version` is gsctl's."""
        self._registry = registry = CollectorRegistry()
        self._version = version
        self._requests = Counter(
            "gsctl_api_requests", "Requests answered", ["method", "route", "status"],
            registry=registry)  # fmt: skip
        self._answers = Histogram(
            "gsctl_api_request_duration_seconds", "How long answers took", ["method", "route"],
            registry=registry, buckets=_ANSWER_S)  # fmt: skip
        ProcessCollector(registry=registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. `route` is the pattern, so that names make no new series."""
        self._requests.labels(method, route, str(status)).inc()
        self._answers.labels(method, route).observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """One family after another."""
        about = GaugeMetricFamily("gsctl_build_info", "Which gsctl this is", labels=["version"])
        about.add_metric([self._version], 1)
        yield about
        yield from self._registry.collect()


class _Labelled(Collector):
    """The same families of several environments as one, told apart by a label."""

    def __init__(self, environments: Mapping[str, Metrics]) -> None:
        self._environments = environments

    def collect(self) -> Iterator[Metric]:
        """One family after another, as they come first."""
        found: dict[str, Metric] = {}
        for environment, metrics in self._environments.items():
            for family in metrics.collect():
                known = found.setdefault(family.name, _empty(family))
                known.samples += [s._replace(labels={"environment": environment, **s.labels})
                                  for s in family.samples]  # fmt: skip
        yield from found.values()


def exposed(requests: Requests, environments: Mapping[str, Metrics]) -> bytes:
    """All of it in the format of Prometheus."""
    registry = CollectorRegistry()
    for part in (requests, _Labelled(environments)):
        registry.register(part)
    return generate_latest(registry)


def _empty(family: Metric) -> Metric:
    return Metric(family.name, family.documentation, family.type, family.unit)
