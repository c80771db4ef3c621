"""Ladybug, an embedded engine in one file. Nothing of it is imported into gsctl: see `host`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.engines.ladybug.traits import TRAITS

if TYPE_CHECKING:
    from reconciler.contracts import Driver, Floor

__all__ = ["TRAITS", "driver"]


def driver(floor: Floor) -> Driver:
    """The driver. Its modules are imported here and not above: checks need the traits alone."""
    from reconciler.embedded.dialect import Dialect
    from reconciler.embedded.driver import Embedded
    from reconciler.engines.ladybug import program, speech, store

    return Embedded(Dialect(TRAITS, store, speech, program), floor)
