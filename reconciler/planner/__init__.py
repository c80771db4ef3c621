"""Pure verbs: the desired and the live side in, a plan out. No clock, disk, network or chance."""

from reconciler.planner.graph import unit_digest
from reconciler.planner.plan import World, make_plan, needing_rows
from reconciler.planner.wishes import catalog_of, engine_wishes, graph_wishes

__all__ = [
    "World",
    "catalog_of",
    "engine_wishes",
    "graph_wishes",
    "make_plan",
    "needing_rows",
    "unit_digest",
]
