"""Graphs in SQLite files: a vertex type is a table, an edge type a table with two ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gsctl_sqlite.traits import TRAITS

if TYPE_CHECKING:
    from reconciler.contracts import Driver, Floor

__all__ = ["TRAITS", "driver"]


def driver(floor: Floor) -> Driver:
    """The driver. Its modules are imported here and not above: checks need the traits alone."""
    from gsctl_sqlite import program, speech, store
    from reconciler.embedded.dialect import Dialect
    from reconciler.embedded.driver import Embedded

    return Embedded(Dialect(TRAITS, store, speech, program, speech, speech), floor)
