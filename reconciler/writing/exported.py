"""A graph's rows as files, and the Load document that reads them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reconciler.contracts import Driver
from reconciler.model.catalog import Catalog
from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.kinds import API_VERSION
from reconciler.model.observed import LiveGraph
from reconciler.writing.draft import Draft, text_of

DOCUMENT = "load.yaml"


def exported(driver: Driver, graph: LiveGraph, out: Path) -> Iterator[Path]:
    """Write the rows of a graph that answers into a folder, and `DOCUMENT` last. Each as written.

    Raises Unanswered.
    """
    assert graph.serving, "only a graph that answers has rows"
    yield from driver.export(graph, out)
    document = out / DOCUMENT
    document.write_text(load_document(graph.key, graph.serving.catalog), "utf-8")
    yield document


def load_document(graph: Key, catalog: Catalog, lead: str = "") -> str:
    """YAML; paths are relative to the folder that the document lies in, and begin with `lead`."""
    tenant = {} if graph.tenant == DEFAULT_TENANT else {"tenant": graph.tenant}
    spec: dict[str, Any] = {
        "graph": graph.name,
        # An empty string is one, not a missing value: so it was written.
        "format": {"type": "csv", "nullValues": []},
        "vertices": {name: {"files": [f"{lead}{name}.csv"]} for name in sorted(catalog.vertices)},
        "edges": {name: _edges(name, catalog, lead) for name in sorted(catalog.edges)},
    }
    document = {
        "apiVersion": API_VERSION,
        "kind": "Load",
        "metadata": {"name": graph.name, **tenant},
        "spec": spec,
    }
    return text_of([Draft(DOCUMENT, document)])


def _edges(name: str, catalog: Catalog, lead: str) -> Any:
    pairs = catalog.edges[name].pairs
    ends = {"fromColumn": "from", "toColumn": "to"}
    if len(pairs) == 1:
        return {"files": [f"{lead}{name}.csv"], **ends}
    return [
        {"files": [f"{lead}{name}.{a}.{b}.csv"], **ends, "pair": {"from": a, "to": b}}
        for a, b in pairs
    ]
