"""The laws, by what a driver does: it looks, builds, fills, judges, switches, and leaves."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.testing.law import Law
from reconciler.testing.laws import (
    asking,
    building,
    ending,
    filling,
    judging,
    leaving,
    looking,
    refusing,
    repeating,
    switching,
)

_ROOMS = (looking, building, filling, refusing, judging, switching, asking, repeating, leaving,
          ending)  # fmt: skip
ROOMS: Mapping[str, tuple[Law, ...]] = {
    room.__name__.rpartition(".")[2]: tuple(x for x in vars(room).values() if isinstance(x, Law))
    for room in _ROOMS
}
LAWS: tuple[Law, ...] = tuple(law for laws in ROOMS.values() for law in laws)
