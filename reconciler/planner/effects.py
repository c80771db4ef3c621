"""What a change does to what lives: one word for each row, for people and programs."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.traits import Effect

_PLAIN: Mapping[Action, str] = {
    Action.CREATE: "create",
    Action.REBUILD: "rebuild",
    Action.RECREATE: "recreate",
    Action.DELETE: "delete",
    Action.ADOPT: "adopt",
    Action.FORGET: "forget",
    Action.MARK: "mark",
    Action.BLOCKED: "refused",
}


def effect_of(change: Change) -> str:
    """The sort of a change.

    One of: create, in place, restart, rebuild, recreate, load, reload, upgrade, move, delete,
    adopt, forget, mark, refused.
    """
    if change.action is Action.LOAD:
        return "load" if change.fresh else "reload"
    if change.action is Action.MOVE or change.action is Action.UPDATE:
        return _dearest(change.fields, "move" if change.action is Action.MOVE else "in place")
    return _PLAIN[change.action]


def _dearest(fields: tuple[FieldChange, ...], without: str) -> str:
    """By the dearest field; a change of version is an upgrade, whatever else moves with it."""
    if any(field.path[-1] == "version" and field.effect is Effect.MOVE for field in fields):
        return "upgrade"
    order = list(Effect)
    found = max((field.effect for field in fields), key=order.index, default=None)
    return without if found is None or without == "move" else str(found)
