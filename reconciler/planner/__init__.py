"""Pure verbs: the desired and the live side in, a plan out. No clock, disk, network or chance."""

from reconciler.planner.counting import needing_rows
from reconciler.planner.draft import World
from reconciler.planner.estimate import estimate
from reconciler.planner.hints import path_before
from reconciler.planner.lasting import holds_until
from reconciler.planner.plan import make_plan
from reconciler.planner.policy import policies
from reconciler.planner.quota import shares, within_quota
from reconciler.planner.reach import unit_digest
from reconciler.planner.recreating import with_gaps
from reconciler.planner.wishes import (
    PlaceOf,
    catalog_of,
    engine_wishes,
    graph_wishes,
    renames_of,
)

__all__ = [
    "PlaceOf",
    "World",
    "catalog_of",
    "engine_wishes",
    "estimate",
    "graph_wishes",
    "holds_until",
    "make_plan",
    "needing_rows",
    "path_before",
    "policies",
    "renames_of",
    "shares",
    "unit_digest",
    "with_gaps",
    "within_quota",
]
