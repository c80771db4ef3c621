"""The places in the ledger: where this owner ever put an engine.

A place is intended before anything is made there, and settled once something is. So a crash in
between is no riddle: what was only intended and is not there is absent; what was settled and is not
there may be unmounted.
"""

from __future__ import annotations

from dataclasses import replace

from reconciler.ledger import Ledger
from reconciler.model.key import Key
from reconciler.model.wish import EngineWish, Place
from reconciler.observe import Spot

_INTENDED, _MADE = "intended", "made"


class Places:
    """What the ledger says of places, in the observer's terms."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def spots(self) -> list[Spot]:
        """Every place once, with what was put there; what cannot be understood is left out."""
        found = [spot for text in self._ledger.places() if (spot := _parse(text))]
        made = {replace(spot, known=False) for spot in found if spot.known}
        return [spot for spot in found if spot.known or spot not in made]

    def intend(self, engine: EngineWish) -> None:
        """Keep a place before anything is made there."""
        self._ledger.add_place(_text(_INTENDED, engine.key, engine.type, engine.place))

    def settle(self, key: Key, type_: str, place: Place) -> None:
        """Something is there now."""
        self._ledger.add_place(_text(_MADE, key, type_, place))

    def forget(self, place: Place) -> None:
        """Look there no more."""
        for text in self._ledger.places():
            spot = _parse(text)
            if spot and spot.place == place:
                self._ledger.forget(text)


def _text(state: str, key: Key, type_: str, place: Place) -> str:
    return f"{state} {type_} {key.tenant} {key.name} {place.substrate} {place.location}"


def _parse(text: str) -> Spot | None:
    parts = text.split(" ", 5)
    if len(parts) != 6:
        return None
    state, type_, tenant, name, substrate, location = parts
    key = Key(tenant, "Engine", name)
    return Spot(key, type_, Place(substrate, location), known=state == _MADE)
