"""Whether clients reach a graph's copy as wished: through its server, relayed or not."""

from __future__ import annotations

from reconciler.model.observed import LiveGraph, Pointer
from reconciler.model.wish import EngineWish
from reconciler.planner.canonical import digest


def runs(live: LiveGraph | None, engine: EngineWish, pointer: Pointer) -> bool:
    """Whether the graph's server is the one wished: up, with this copy and these settings."""
    unit = live.unit if live else None
    if live is None or unit is None:
        return False
    copy = live.copies.get(pointer.copy)
    version = copy.record.version if copy and copy.record else engine.version
    return (
        unit.state == "up"
        and unit.mark.copy == pointer.copy
        and unit.mark.digest == unit_digest(engine, version)
        and not live.strays
        and _fronted(live, pointer)
    )


def unit_digest(engine: EngineWish, version: str) -> str:
    """What a server was started with: when it differs from the wish, it is started anew.

    `version` is that of the copy: one that is kept is served by the engine that wrote it.
    """
    return digest(version, engine.options, engine.resources)[:16]


def relay_is_down(live: LiveGraph) -> bool:
    """Whether a relay should stand before the graph's server and does not, or not before that."""
    pointer, relay = live.pointer, live.relay
    if pointer is None or pointer.mode != "served" or not pointer.settings.relay:
        return False
    up = relay is not None and relay.state == "up" and relay.port == pointer.port
    return not up or (live.unit is not None and live.unit.port != pointer.backend)


def _fronted(live: LiveGraph, pointer: Pointer) -> bool:
    if live.pointer is None or live.pointer.settings.relay != pointer.settings.relay:
        return False
    return not relay_is_down(live) if pointer.settings.relay else live.relay is None
