"""The Load document that reads an export back."""

from __future__ import annotations

from typing import Any

from gsctl.views.tables import yaml_text
from reconciler.model.catalog import Catalog
from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.kinds import API_VERSION


def load_document(graph: Key, catalog: Catalog) -> str:
    """YAML; paths are relative to the folder that the document lies in."""
    tenant = {} if graph.tenant == DEFAULT_TENANT else {"tenant": graph.tenant}
    spec: dict[str, Any] = {
        "graph": graph.name,
        # An empty string is one, not a missing value: so it was written.
        "format": {"type": "csv", "nullValues": []},
        "vertices": {name: {"files": [f"{name}.csv"]} for name in sorted(catalog.vertices)},
        "edges": {name: _edges(name, catalog) for name in sorted(catalog.edges)},
    }
    return yaml_text(
        {
            "apiVersion": API_VERSION,
            "kind": "Load",
            "metadata": {"name": graph.name, **tenant},
            "spec": spec,
        }
    )


def _edges(name: str, catalog: Catalog) -> Any:
    pairs = catalog.edges[name].pairs
    ends = {"fromColumn": "from", "toColumn": "to"}
    if len(pairs) == 1:
        return {"files": [f"{name}.csv"], **ends}
    return [
        {"files": [f"{name}.{a}.{b}.csv"], **ends, "pair": {"from": a, "to": b}} for a, b in pairs
    ]
