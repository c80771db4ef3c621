"""Servers that end soon after their start, again and again: seen from one look to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.key import Key
from reconciler.model.unit import Unit

SHORT_S = 5.0  # a server that ran for longer ran well, however it ended
LOOPS = 5  # so many short lives in a row are no accident

Servers = Mapping[Key, Unit | None]  # of each served graph that could be seen; None: it has none


@dataclass(frozen=True, slots=True)
class Begun:
    """A server that runs: `id` is empty until it was seen. `at` in UTC seconds."""

    id: str
    at: float


@dataclass(frozen=True, slots=True)
class Crashes:
    """`running`: the server of each graph at the last look. `short`: short lives in a row."""

    running: Mapping[Key, Begun] = field(default_factory=dict)
    short: Mapping[Key, int] = field(default_factory=dict)

    def saw(self, servers: Servers, now: float) -> tuple[Crashes, frozenset[Key]]:
        """What is known after a look, and whose server ended soon after its start since the last.

        A graph that could not be seen is not among `servers`, and nothing is concluded about it.
        """
        running, short, ended = dict(self.running), dict(self.short), set[Key]()
        for key, unit in servers.items():
            before = running.pop(key, None)
            if unit:
                running[key] = Begun(unit.id, unit.started_at)
                if now - unit.started_at >= SHORT_S:
                    short.pop(key, None)
            elif before and _was_short(before, now):
                short[key] = short.get(key, 0) + 1
                ended.add(key)
            elif before:
                short.pop(key, None)
        return replace(self, running=running, short=short), frozenset(ended)

    def after(
        self, touched: Iterable[Key], begun: Iterable[Key], unready: Iterable[Key], now: float
    ) -> Crashes:
        """What is known after acts: what they ended is no crash, and what they began must run.

        `unready`: the graphs whose server did not come up, which is the shortest life of all.
        """
        running = dict(self.running)
        for key in touched:
            running.pop(key, None)
        running |= {key: Begun("", now) for key in begun}
        short = {**self.short, **{key: self.short.get(key, 0) + 1 for key in unready}}
        return replace(self, running=running, short=short)


def _was_short(before: Begun, now: float) -> bool:
    """One that nobody ever saw alive did not live long; after a jump of the clock nobody knows."""
    return not before.id or 0.0 <= now - before.at < SHORT_S
