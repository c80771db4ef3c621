"""Paper: an engine that is none. Each copy of a graph is one JSON file; a server reads it out.

It keeps every law of a driver with real files, locks and processes, and needs no runtime: for the
tests of the laws themselves, for simulations, and to read before writing a driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.testing.paper.traits import TRAITS

if TYPE_CHECKING:
    from reconciler.contracts import Driver, Floor

__all__ = ["TRAITS", "driver"]


def driver(floor: Floor) -> Driver:
    """The driver."""
    from reconciler.testing.paper.engine import Paper

    return Paper(floor)
