"""Engines: their rows, and the acts that make, mark and remove them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.model.change import Action, Change, FieldChange, Route
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveEngine
from reconciler.model.policy import Guard, Restraint
from reconciler.model.problem import Problem
from reconciler.model.step import Act, CreateEngine, InstallRuntime, RemoveEngine
from reconciler.model.traits import Effect
from reconciler.model.wish import EngineWish, Place
from reconciler.planner.compare import compare

_EFFECTS: Mapping[str, tuple[Effect, Route, str]] = {
    "version": (Effect.MOVE, Route.CLONE, "a copy of each graph is opened by the new version"),
    "mode": (Effect.MOVE, Route.RESTART, "its graphs are answered another way"),
    "options": (Effect.RESTART, Route.RESTART, "its servers start anew"),
    "resources": (Effect.RESTART, Route.RESTART, "its servers start anew"),
    "description": (Effect.MARK, Route.MARK, ""),
}


def engine_plan(
    wish: EngineWish | None, live: LiveEngine | None, owner: Owner, guard: Guard, *, adopt: bool
) -> tuple[Change | None, tuple[Act, ...]]:
    """The row of one engine, and its acts.

    What is not ours is blocked or left alone, unless it may be adopted.
    """
    if wish is None:
        return _removed(live) if live and live.ours else (None, ())
    new = live is None or (live.owner is None and not live.strangers)
    if live and (moved := left_places(wish, live)) and (new or live.ours):
        return _moved(wish, live, moved, owner, guard)
    if live is None or new:
        change = Change(wish.key, Action.CREATE, after=wish.plain(), route=Route.FRESH)
        return change, _create(wish, owner, guard, None)
    if not live.ours and adopt:
        return _adopted(wish, live, owner, guard)
    if not live.ours:
        hint = f"choose another `path`, or take it over: `gsctl adopt {wish.key}`"
        return _blocked(wish.key, "DS107", f"{live.place} holds what is not ours", hint), ()
    return _changed(wish, live, owner, guard)


def left_places(wish: EngineWish | None, live: LiveEngine | None) -> tuple[LiveEngine, ...]:
    """Where an engine of ours lies besides its place: to be left once its graphs have moved."""
    parts = (live, *live.elsewhere) if wish and live else ()
    return tuple(part for part in parts if wish and part.ours and part.place != wish.place)


def _moved(
    wish: EngineWish,
    live: LiveEngine,
    left: tuple[LiveEngine, ...],
    owner: Owner,
    guard: Guard,
) -> tuple[Change | None, tuple[Act, ...]]:
    """A move. The place that is left is another session's, for its graphs leave it first."""
    if inside := next((part for part in left if nested(part.place, wish.place)), None):
        return _blocked(wish.key, "MV101", f"it lives at {inside.place}, and is wished at "
                        f"{wish.place}: one lies in the other",
                        "choose a `path` apart from it"), ()  # fmt: skip
    if any(part.spec.get("type") != wish.type for part in left):
        return _of_another_type(wish, left[0]), ()
    field = FieldChange(("place",), str(left[0].place), str(wish.place), Effect.MOVE,
                        "its graphs move there, then the old place goes")  # fmt: skip
    here = live.at(wish.place)
    fields = (field, *(_fields(wish, here) if here and here.ours else _fields(wish, left[0])))
    change = Change(wish.key, Action.MOVE, fields, field.reason, Route.CLONE,
                    dict(left[0].spec), wish.plain())  # fmt: skip
    kept = live.restraint.ruled(wish.rules)
    made = here if here and here.ours else None
    if made and made.restraint == kept and _stands(wish, made, guard):
        return change, ()  # only what is left is to go, as soon as nothing stays there
    return change, tuple(
        replace(act, restraint=kept) if isinstance(act, CreateEngine) else act
        for act in _create(wish, owner, guard, made)
    )


def _stands(wish: EngineWish, made: LiveEngine, guard: Guard) -> bool:
    """Whether what a move makes is there already."""
    fields = any(_fields(wish, made))
    return not fields and made.protect == wish.protect and not _guards_otherwise(made, guard)


def _guards_otherwise(live: LiveEngine, guard: Guard) -> bool:
    return dict(live.guard) != guard.model_dump(by_alias=True)


def nested(one: Place, other: Place) -> bool:
    """Whether one of two different places lies in the other."""
    a, b = f"{one}/", f"{other}/"
    return a != b and (a.startswith(b) or b.startswith(a))


def _of_another_type(wish: EngineWish, live: LiveEngine) -> Change:
    return _blocked(wish.key, "MV102", f"its type is {live.spec.get('type')}: an engine does not "
                    "become another",
                    "declare a second engine, and set each Graph's `engine:` to it")  # fmt: skip


def shared_place(
    wish: EngineWish, wishes: Mapping[Key, EngineWish], live: LiveEngine | None
) -> Problem | None:
    """EN105 where two engines would lie in one place, or one inside the other."""
    mine = f"{wish.place}/"
    for key, other in sorted(wishes.items()):
        theirs = f"{other.place}/"
        if key != wish.key and (mine.startswith(theirs) or theirs.startswith(mine)):
            return _taken(wish, f"its place {wish.place} is, or lies in, that of", key)
    if live and live.ours and live.named and live.named != wish.key:
        return _taken(wish, f"at {wish.place} lies", live.named)
    return None


def _taken(wish: EngineWish, says: str, by: Key) -> Problem:
    told = by.told_to(wish.key.tenant)
    return _problem(wish.key, "EN105", f"{says} {told}", "give each engine a `path` of its own")


def _create(
    wish: EngineWish, owner: Owner, guard: Guard, live: LiveEngine | None
) -> tuple[Act, ...]:
    numbers = guard.model_dump(by_alias=True)
    kept = (live.restraint if live else Restraint()).ruled(wish.rules)
    create = CreateEngine(wish, owner, numbers, live is None, kept)
    return (InstallRuntime(wish.type, wish.version), create)


def _changed(
    wish: EngineWish, live: LiveEngine, owner: Owner, guard: Guard
) -> tuple[Change | None, tuple[Act, ...]]:
    if live.spec.get("type") != wish.type:
        return _of_another_type(wish, live), ()
    fields = tuple(_fields(wish, live))
    acts = _create(wish, owner, guard, live)
    if fields:
        route = max((_EFFECTS[f.path[0]][1] for f in fields), key=list(Route).index)
        change = Change(wish.key, Action.UPDATE, fields, fields[0].reason, route,
                        dict(live.spec), wish.plain())  # fmt: skip
        return change, acts
    return _marked(wish, live, owner, guard)


def _marked(
    wish: EngineWish, live: LiveEngine, owner: Owner, guard: Guard
) -> tuple[Change | None, tuple[Act, ...]]:
    """The row and the act where nothing but what holds changes back differs."""
    differs = {
        "protect": live.protect != wish.protect,
        "guard": _guards_otherwise(live, guard),
        "policy": dict(live.restraint.rules) != dict(wish.rules),
    }
    if not any(differs.values()):
        return None, ()
    reason = ", ".join(name for name, does in differs.items() if does)
    return Change(wish.key, Action.MARK, reason=reason), _create(wish, owner, guard, live)[1:]


def engine_marks(
    wish: EngineWish, live: LiveEngine, owner: Owner, guard: Guard
) -> tuple[Change | None, tuple[Act, ...]]:
    """The same for an engine whose other changes wait: it stays what it is."""
    return _marked(replace(as_it_is(live), protect=wish.protect, rules=wish.rules), live, owner,
                   guard)  # fmt: skip


def as_it_is(live: LiveEngine) -> EngineWish:
    """A live engine as if it were wished so."""
    spec = live.spec
    return EngineWish(
        live.key, str(spec.get("type", "")), str(spec.get("version", "")),
        "served" if spec.get("mode") == "served" else "embedded", live.place,
        spec.get("resources", {}), spec.get("options", {}), str(spec.get("description", "")),
        live.protect, rules=live.restraint.rules,
    )  # fmt: skip


def _adopted(
    wish: EngineWish, live: LiveEngine, owner: Owner, guard: Guard
) -> tuple[Change | None, tuple[Act, ...]]:
    """A place that another owner marked, or that only has things of somebody's own in it."""
    fields = tuple(_fields(wish, live)) if live.owner else ()
    if any(field.path == ("type",) for field in fields):
        return _changed(wish, live, owner, guard)
    reason = f"it belonged to {live.owner}" if live.owner else f"{live.place} gets our mark"
    before = dict(live.spec) if live.owner else None
    change = Change(wish.key, Action.ADOPT, fields, reason, Route.MARK, before, wish.plain())
    return change, _create(wish, owner, guard, live)


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
    return change, tuple(
        RemoveEngine(part.key, str(part.spec.get("type")), part.place, spare=bool(part.strangers))
        for part in (*live.elsewhere, live) if part.ours
    )  # fmt: skip


def _blocked(key: Key, code: str, says: str, hint: str) -> Change:
    problem = _problem(key, code, says, hint)
    return Change(key, Action.BLOCKED, reason=says, blocked=problem)


def _problem(key: Key, code: str, says: str, hint: str) -> Problem:
    return Problem("error", f"{key}: {says}", code, hint=hint, address=str(key))
