"""Engines: their rows, and the acts that make, mark and remove them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.model.change import Action, Change, FieldChange, Route
from reconciler.model.key import Key, Owner
from reconciler.model.kinds import Guard
from reconciler.model.observed import LiveEngine
from reconciler.model.problem import Problem
from reconciler.model.step import Act, CreateEngine, InstallRuntime, RemoveEngine
from reconciler.model.traits import Effect
from reconciler.model.wish import EngineWish
from reconciler.planner.compare import compare

_EFFECTS: Mapping[str, tuple[Effect, Route, str]] = {
    "version": (Effect.MOVE, Route.CLONE, "a copy of each graph is opened by the new version"),
    "mode": (Effect.MOVE, Route.RESTART, "its graphs are answered another way"),
    "options": (Effect.RESTART, Route.RESTART, "its servers start anew"),
    "resources": (Effect.RESTART, Route.RESTART, "its servers start anew"),
    "description": (Effect.MARK, Route.MARK, ""),
}


def engine_plan(
    wish: EngineWish | None, live: LiveEngine | None, owner: Owner, guard: Guard
) -> tuple[Change | None, tuple[Act, ...]]:
    """The row of one engine, and its acts. What is not ours is blocked, or left alone."""
    if wish is None:
        return _removed(live) if live and live.ours else (None, ())
    if live is None or (live.owner is None and not live.strangers):
        change = Change(wish.key, Action.CREATE, after=wish.plain(), route=Route.FRESH)
        return change, _create(wish, owner, guard, new=True)
    if not live.ours:
        return _blocked(wish.key, "DS107", f"{live.place} holds what is not ours",
                        "choose another `path`, or remove it yourself"), ()  # fmt: skip
    if live.place != wish.place:
        return _blocked(wish.key, "MV101", f"it lives at {live.place}, and is wished at "
                        f"{wish.place}: this version of gsctl does not move engines",
                        "set the path back, or destroy and apply anew"), ()  # fmt: skip
    return _changed(wish, live, owner, guard)


def shared_place(
    wish: EngineWish, wishes: Mapping[Key, EngineWish], live: LiveEngine | None
) -> Problem | None:
    """EN105 where two engines would lie in one place, or one inside the other."""
    mine = f"{wish.place}/"
    for key, other in sorted(wishes.items()):
        theirs = f"{other.place}/"
        if key != wish.key and (mine.startswith(theirs) or theirs.startswith(mine)):
            return _problem(wish.key, "EN105", f"its place {wish.place} is, or lies in, that of "
                            f"{key}", "give each engine a `path` of its own")  # fmt: skip
    if live and live.ours and live.named and live.named != wish.key:
        return _problem(wish.key, "EN105", f"at {wish.place} lies {live.named}",
                        "give each engine a `path` of its own")  # fmt: skip
    return None


def _create(wish: EngineWish, owner: Owner, guard: Guard, *, new: bool) -> tuple[Act, ...]:
    numbers = guard.model_dump(by_alias=True)
    return (InstallRuntime(wish.type, wish.version), CreateEngine(wish, owner, numbers, new))


def _changed(
    wish: EngineWish, live: LiveEngine, owner: Owner, guard: Guard
) -> tuple[Change | None, tuple[Act, ...]]:
    if live.spec.get("type") != wish.type:
        return _blocked(wish.key, "MV102", f"its type is {live.spec.get('type')}: an engine does "
                        "not become another", "declare a second engine"), ()  # fmt: skip
    fields = tuple(_fields(wish, live))
    acts = _create(wish, owner, guard, new=False)
    if fields:
        route = max((_EFFECTS[f.path[0]][1] for f in fields), key=list(Route).index)
        change = Change(wish.key, Action.UPDATE, fields, fields[0].reason, route,
                        dict(live.spec), wish.plain())  # fmt: skip
        return change, acts
    if live.protect != wish.protect or dict(live.guard) != guard.model_dump(by_alias=True):
        return Change(wish.key, Action.MARK, reason="protect and guard"), acts[1:]
    return None, ()


def _fields(wish: EngineWish, live: LiveEngine) -> Iterator[FieldChange]:
    for d in compare({k: live.spec.get(k) for k in wish.plain()}, wish.plain()):
        effect, _, reason = _EFFECTS[d.path[0]]
        yield FieldChange(d.path, d.old, d.new, effect, reason)


def _removed(live: LiveEngine) -> tuple[Change | None, tuple[Act, ...]]:
    if live.strangers:
        stays = _blocked(live.key, "DS107", f"{live.place} also holds {live.strangers[0]}, which "
                         "is not ours: the engine stays", "remove that yourself")  # fmt: skip
        assert stays.blocked, "made so"
        return replace(stays, blocked=replace(stays.blocked, severity="warning")), ()
    change = Change(live.key, Action.DELETE, before=dict(live.spec))
    return change, (RemoveEngine(live.key, str(live.spec.get("type")), live.place),)


def _blocked(key: Key, code: str, says: str, hint: str) -> Change:
    problem = _problem(key, code, says, hint)
    return Change(key, Action.BLOCKED, reason=says, blocked=problem)


def _problem(key: Key, code: str, says: str, hint: str) -> Problem:
    return Problem("error", f"{key}: {says}", code, hint=hint, address=str(key))
