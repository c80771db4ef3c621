"""When changes may be made: windows of time, judged at a moment that is given."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.clock import slots
from reconciler.model.policy import Opening

_LOOKS = 2000  # further moments that are looked at before a window counts as never opening
Group = tuple[Opening, ...]  # the windows of one Policy


def opens(groups: Iterable[Group], now: float) -> float | None:
    """The first moment from `now` on at which every group permits changes; None: never seen.

    A group permits them where none of its denials is open, and one of its allowances, if it has
    any. UTC seconds; it is `now` itself where nothing stands against it.
    """
    groups, moment = tuple(groups), now
    for _ in range(_LOOKS):
        hindrances = [until for group in groups for until in _hindrances(group, moment)]
        if not hindrances:
            return moment
        if None in hindrances:
            return None
        moment = max(until for until in hindrances if until is not None)
    return None


def _hindrances(group: Group, now: float) -> Iterable[float | None]:
    """Until when each part of a group stands against a change at `now`, at least."""
    allowing = [one for one in group if one.kind == "allow"]
    if allowing and not any(_end(one, now) for one in allowing):
        starts = [start for one in allowing if (start := _start(one, now)) is not None]
        yield min(starts, default=None)
    yield from (end for one in group if one.kind == "deny" and (end := _end(one, now)))


def _end(window: Opening, now: float) -> float | None:
    """When a window that is open at `now` ends; None where it is not open."""
    began = next(slots(window.cron, window.timezone, now, back=True), None)
    if began is None or began + window.duration_s <= now:
        return None
    return began + window.duration_s


def _start(window: Opening, now: float) -> float | None:
    """When a window opens next, after `now`."""
    if not window.duration_s:
        return None
    return next((at for at in slots(window.cron, window.timezone, now) if at > now), None)
