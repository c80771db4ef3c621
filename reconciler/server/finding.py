"""What is asked, found in a look at what lives. What hides is not absent."""

from __future__ import annotations

from reconciler.api import Api
from reconciler.contracts import Driver
from reconciler.look import engine_type
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.server.refusal import Refusal, refused


def not_applied(procedure: Key) -> Refusal:
    return refused(404, "RF104", f"no {procedure} is applied", "GET /v1/resources/Procedure")


def live_graph(live: Snapshot, key: Key) -> LiveGraph:
    """A graph of ours that answers. Raises Refusal."""
    graph = live.graphs.get(key)
    near = ((k, p) for k, p in live.unknown.items() if k.tenant == key.tenant)
    blind = [p for k, p in near if k == key or k.kind == "Engine"]
    if graph is None and blind:  # what cannot be seen is not absent
        raise Refusal(503, *blind)
    if graph is None or graph.serving is None:
        raise refused(404, "RF104", f"there is no live {key}", "GET /v1/resources/Graph")
    if not graph.ours:
        raise refused(403, "DS107", f"{key} belongs to {graph.owner or 'nobody known'}")
    return graph


def driver_of(api: Api, live: Snapshot, graph: LiveGraph) -> Driver:
    type_ = engine_type(live, graph)
    driver = api.driver(type_)
    if driver is None:
        raise refused(503, "ST100", f"no driver of `{type_}` is installed")
    return driver
