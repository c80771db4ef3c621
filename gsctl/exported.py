"""The Load document that reads an export back."""

from __future__ import annotations

from typing import Any

from reconciler.model.catalog import Catalog
from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.kinds import API_VERSION
from reconciler.writing.draft import Draft, text_of


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
    return text_of([Draft("load.yaml", document)])


def _edges(name: str, catalog: Catalog, lead: str) -> Any:
    pairs = catalog.edges[name].pairs
    ends = {"fromColumn": "from", "toColumn": "to"}
    if len(pairs) == 1:
        return {"files": [f"{lead}{name}.csv"], **ends}
    return [
        {"files": [f"{lead}{name}.{a}.{b}.csv"], **ends, "pair": {"from": a, "to": b}}
        for a, b in pairs
    ]
