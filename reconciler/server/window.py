"""What the API sees of the loop: whether it leads, and its last look. Neither waits for the other.

The loop replaces the whole scene, and readers take it as it is: a reader never sees half a look.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from reconciler.api import Planned
from reconciler.following.revision import Revision
from reconciler.holder import Holder
from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.tenant import TenantSpec
from reconciler.server.lasting import Moments, turned
from reconciler.server.tokens import Role
from reconciler.things import Thing

Part = Literal["starting", "leading", "standing by"]
SHORTEST_PATIENCE_S = 60.0
_MOST_PLANS = 64  # tenants ask under any name


class Plans:
    """The plan of one look as it is told: by tenant, and by whether all tenants may be seen."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, bool], bytes] = {}

    def get(self, asked: tuple[str, bool]) -> bytes | None:
        """As it was told before, if it was."""
        return self._told.get(asked)

    def put(self, asked: tuple[str, bool], told: bytes) -> None:
        """Remember it, unless many are remembered."""
        if len(self._told) < _MOST_PLANS:
            self._told[asked] = told


@dataclass(frozen=True, slots=True)
class Sight:
    """One look: the plan of everything, and every thing with its status. `at` in UTC seconds.

    `things` stand in key order. `plans`: answers made of it, which nothing changes.

    `revisions`: what of each source is followed; known to the one who leads.
    """

    planned: Planned
    things: tuple[Thing, ...]
    at: float = field(default_factory=time.time)
    acting: bool = False  # what was planned is being done
    revisions: tuple[Revision, ...] = ()
    since: Mapping[Key, float] = field(default_factory=dict)  # when each thing was first seen so
    turned: Moments = field(default_factory=dict)  # when conditions changed, where that was seen
    changed: float = 0.0  # when anything of it was first seen so
    plans: Plans = field(default_factory=Plans, compare=False, repr=False)

    def thing(self, asked: Key) -> Thing | None:
        """The thing of that name, as its tenant asks for it."""
        key = Key(DEFAULT_TENANT, "Tenant", asked.tenant) if asked.kind == "Tenant" else asked
        at = bisect_left(self.things, key, key=lambda thing: thing.key)
        found = self.things[at] if at < len(self.things) else None
        return found if found and found.key == key and key.name == asked.name else None

    def members(self) -> dict[str, dict[str, Role]]:
        """The roles of each member of a Tenant: by subject, then by tenant."""
        found: dict[str, dict[str, Role]] = {}
        for key, resource in self.planned.desired.resources.items():
            if isinstance(resource.spec, TenantSpec):
                for member in resource.spec.members:
                    found.setdefault(member.subject, {})[key.name] = Role[member.role.upper()]
        return found


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is shown at one moment. `leader` says who leads while this one stands by."""

    part: Part = "starting"
    leader: Holder | None = None
    epoch: int = 0
    sight: Sight | None = None


class Window:
    """Written by the loop's thread alone, read by any."""

    def __init__(self, interval_s: float) -> None:
        """`interval_s` is how often the loop looks by itself."""
        self._patience_s = max(SHORTEST_PATIENCE_S, 3 * interval_s)
        self.scene = Scene()

    def leads(self, epoch: int) -> None:
        """The lease is ours. What was seen while standing by stays until the first own look."""
        self.scene = replace(self.scene, part="leading", leader=None, epoch=epoch)

    def stands_by(self, leader: Holder | None) -> None:
        """Somebody else writes."""
        self.scene = replace(self.scene, part="standing by", leader=leader)

    def show(self, sight: Sight) -> None:
        """A look is over. Since when a thing is as it is, is known as far as was looked."""
        before = self.scene.sight
        if before and before.things is sight.things:
            since, moments = before.since, before.turned
        else:
            since = _since(before, sight)
            old = (before.things, before.turned) if before else ((), {})
            moments = turned(*old, sight.things, sight.at)
        same = before and (before.things, before.planned.plan, before.acting) == (
            sight.things, sight.planned.plan, sight.acting)  # fmt: skip
        changed = before.changed if before and same else sight.at
        self.scene = replace(self.scene, sight=replace(sight, since=since, turned=moments,
                                                       changed=changed))  # fmt: skip

    def members(self) -> dict[str, dict[str, Role]]:
        """The roles of each member, by the documents that are followed; nobody's before a look."""
        return self.scene.sight.members() if self.scene.sight else {}

    def unready(self, now: float) -> str:
        """Why nobody should rely on what is shown; empty when all is well. `now` in UTC seconds."""
        scene = self.scene
        if scene.part == "starting":
            return "it neither leads nor stands by yet"
        if scene.sight is None:
            return "it has not looked yet"
        age_s = now - scene.sight.at
        if not scene.sight.acting and age_s > self._patience_s:
            return f"it has not looked for {age_s:.0f} s"
        return ""


def _since(before: Sight | None, sight: Sight) -> Mapping[Key, float]:
    """When each thing was first seen as it is."""
    if before is None:
        return {thing.key: sight.at for thing in sight.things}
    known = {thing.key: thing.status for thing in before.things}
    return {t.key: before.since.get(t.key, sight.at) if known.get(t.key) == t.status
            else sight.at for t in sight.things}  # fmt: skip
