"""Which buttons a thing has at this moment, and what each of them says that it does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.api import Planned
from reconciler.planner.policy import restraint_of
from reconciler.server.tokens import Role
from reconciler.things import Thing


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. `verb` is that of `/v1`, `says` what happens when it is pressed."""

    verb: str
    word: str
    says: str
    role: Role = Role.EDITOR


APPROVE = Choice("approve", "Approve", "What is pending of it is done once, while the world is as "
                  "it was shown.", Role.ADMIN)  # fmt: skip
_RESUME = Choice("resume", "Resume", "It may be changed again.")
_SUSPEND = Choice("suspend", "Suspend", "Nothing of it is changed until it is resumed.")
_RESTART = Choice("restart", "Restart", "Its server is stopped and started; readers wait.")
_ROLLBACK = Choice("rollback", "Roll back", "The copy before answers again, and the documents of "
                   "now are held until they change.")  # fmt: skip
_UNHOLD = Choice("unhold", "Release", "What was refused is tried again.")
_ADOPT = Choice("adopt", "Adopt", "It becomes ours, and is kept as its documents say.", Role.ADMIN)


def choices(thing: Thing, planned: Planned, role: Role) -> list[Choice]:
    """Those that would do something, and that the role may press."""
    return [choice for choice in _fitting(thing, planned) if role >= choice.role]


def _fitting(thing: Thing, planned: Planned) -> Iterator[Choice]:
    key, plan = thing.key, planned.plan
    if plan.asks_of(key):
        yield APPROVE
    if key.kind not in ("Engine", "Graph") or thing.live is None:
        return
    if not thing.ours:
        if thing.spec is not None:
            yield _ADOPT
        return
    if any(one.key == key for one in plan.held):
        yield _UNHOLD
    graph = planned.live.graphs.get(key)
    if graph and graph.unit:
        yield _RESTART
    if graph and graph.previous:
        yield _ROLLBACK
    yield _RESUME if restraint_of(key, planned.live).suspended else _SUSPEND
