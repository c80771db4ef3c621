"""What must not be touched, and why: unseen, foreign, unclear, or more than was allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.change import Action, Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.record import FillRecord
from reconciler.model.traits import Effect, Traits
from reconciler.model.wish import GraphWish
from reconciler.planner.case import Case, GraphPlan
from reconciler.planner.hints import astray


def blocked(key: Key, problem: Problem) -> Change:
    """The row of a thing that must be left alone."""
    return Change(key, Action.BLOCKED, reason=problem.summary, blocked=problem)


def graph_block(  # noqa: PLR0913, PLR0917  one graph on both sides, and what it stands on
    key: Key,
    wish: GraphWish | None,
    live: LiveGraph | None,
    seen: Snapshot,
    stuck: Mapping[Key, Problem],
    traits: Mapping[str, Traits],
) -> Problem | None:
    """Why nothing may be done about a graph, or None. Unseen is not absent."""
    if problem := seen.unknown.get(key) or (_unseen(wish, live, seen) if wish else None):
        return problem
    engine = wish.engine.key if wish else live.engine if live else None
    if engine in stuck and (wish or (engine in seen.unknown and live and live.ours)):
        return _says(key, "ST101", f"stands on {engine}, which is blocked")
    if wish and live and not live.ours:
        return _says(key, "DS107", "exists, and is not ours",
                     f"rename yours, or take it over: `gsctl adopt {key}`")  # fmt: skip
    if (
        wish
        and live
        and live.engine != wish.engine.key
        and (problem := _far_off(wish, live, seen, stuck, traits))
    ):
        return problem
    if live and live.ours and live.pointer is None:
        return _unclear(key, live)
    return None


def _unseen(wish: GraphWish, live: LiveGraph | None, seen: Snapshot) -> Problem | None:
    """A graph is not made anew where the one that it was, or is, may only not be seen."""
    old = wish.renamed_from
    it_is = live is None or (live.pointer and old and live.pointer.name == old.name)
    if old and it_is and old in seen.unknown:
        return seen.unknown[old]
    answers = live is not None and live.pointer is not None
    hidden = None if answers else _may_live_on(wish, seen)
    return _says(wish.key, "ST101", f"may live on {hidden}, which cannot be seen",
                 "see that one; if it is gone for good, `gsctl forget` its place") \
        if hidden else None  # fmt: skip


def _may_live_on(wish: GraphWish, seen: Snapshot) -> Key | None:
    """An engine where something was made and nobody can look now."""
    mine = wish.engine.key
    hidden = (key for key, problem in sorted(seen.unknown.items()) if problem.code == "ST100")
    return next((key for key in hidden if key.kind == "Engine" and key != mine
                 and key.tenant == mine.tenant), None)  # fmt: skip


def _far_off(
    wish: GraphWish,
    live: LiveGraph,
    seen: Snapshot,
    stuck: Mapping[Key, Problem],
    traits: Mapping[str, Traits],
) -> Problem | None:
    """Why a graph cannot move from the engine that it lives on."""
    key = wish.key
    if live.engine in stuck:
        return _says(key, "ST101", f"lives on {live.engine}, which is blocked")
    engine = seen.engines.get(live.engine)
    before, after = str(engine.spec.get("type")) if engine else "", wish.engine.type
    both = all(type_ in traits and traits[type_].crosses for type_ in (before, after))
    if before != after and not both:
        return _says(key, "MV103", f"lives on {live.engine}, which is {before}, and is wished on "
                     f"{wish.engine.key}, which is {after}: one of them moves no graph to another",
                     "export it, and load it there")  # fmt: skip
    return None


def holding(engine: Key, changes: Iterable[Change], seen: Snapshot) -> Problem | None:
    """Why an engine's folder must not go: a graph of it stays, or one that may be of it."""
    for change in sorted(changes, key=lambda change: change.key):
        if change.key.kind == "Graph" and change.blocked and _may_lie_on(engine, change.key, seen):
            return _says(engine, "ST101", f"{change.key} may lie on it, and is blocked",
                         "the engine stays until that is clear")  # fmt: skip
    return None


def _may_lie_on(engine: Key, graph: Key, seen: Snapshot) -> bool:
    """Whether a part of a graph lies on an engine that was seen, or may: what is not there, not."""
    if live := seen.graphs.get(graph):
        return any(part.engine == engine for part in (live, *live.elsewhere))
    return graph in seen.unknown and graph.tenant == engine.tenant


def _unclear(key: Key, live: LiveGraph) -> Problem | None:
    """Copies without a readable pointer are never guessed at."""
    verified = sorted(id_ for id_, copy in live.copies.items() if copy.verified)
    if len(verified) > 1 and not (live.unit and live.unit.copy in verified):
        return _says(
            key,
            "ST102",
            f"no pointer says which of its copies answers: {', '.join(verified)}",
            "nothing is deleted; restore serving.json",
        )
    return None


def hindrance(case: Case, plan: GraphPlan) -> Problem | None:
    """Why a graph's plan cannot be followed although everything was seen."""
    checks = (_renames(case), _appends(case), _downgrade(case), _in_place(case, plan))
    return next((problem for check in checks for problem in check), None)


def _downgrade(case: Case) -> Iterator[Problem]:
    """An older engine is not given a copy that it cannot open."""
    record, wanted = case.serving.record if case.serving else None, case.wish.engine.version
    if (
        record is None
        or case.crosses
        or case.traits.reads_newer
        or not case.traits.is_older(wanted, record.version)
    ):
        return
    says = f"{case.traits.type} {record.version} wrote it, and {wanted} cannot open that"
    yield _says(case.wish.key, "UP101", says, f'set `version: "{record.version}"` back; a copy '
                "that is kept of before answers after `gsctl rollback`")  # fmt: skip


def _in_place(case: Case, plan: GraphPlan) -> Iterator[Problem]:
    far = plan.far
    if case.wish.settings.strategy != "in-place" or far is None or case.serving is None:
        return
    for field in far.schema.fields:
        if field.effect is Effect.REBUILD:
            yield _says(
                case.wish.key,
                "RB101",
                f"`{'.'.join(field.path)}` needs a rebuild, and its "
                f"strategy is in-place: {field.reason}",
                "set `strategy: auto`",
            )


def _renames(case: Case) -> Iterator[Problem]:
    """A hint that hits nothing, or hits two, must not pass silently."""
    copy = case.serving
    if copy is None:
        return
    known = copy.record.renames if copy.record else {}
    left = {new: old for new, old in case.wish.renames.items() if known.get(new) != old}
    for hint, both in astray(left, copy.catalog):
        says = f"`{hint.new}` is renamed from `{hint.old}`, and "
        if both:
            yield _says(case.wish.key, "RN101", f"{says}both are live", "drop one of them first")
        else:
            yield _says(case.wish.key, "RN103", f"{says}neither is live",
                        "drop `renamedFrom`, or correct it")  # fmt: skip


def _appends(case: Case) -> Iterator[Problem]:
    """A file is appended once: known by its path and by its bytes."""
    record = case.serving.record if case.serving else None
    for load in case.wish.loads:
        if load.mode != "append":
            continue
        for content in load.types:
            fills = record.fills.get(content.type, ()) if record else ()
            have = next((f for f in fills if f.load == load.key.name), None)
            listed = {f.path: f.sha256 for s in content.sources for f in s.files}
            yield from _append_faults(load.key, have, listed)


def _append_faults(
    load: Key, have: FillRecord | None, listed: Mapping[str, str]
) -> Iterator[Problem]:
    """LD114 a known path with other bytes, LD115 the same bytes under two paths."""
    known = {f.path: f.sha256 for s in (have.sources if have else ()) for f in s.files}
    first: dict[str, str] = {}
    for path in sorted(listed, key=lambda path: (known.get(path) != listed[path], path)):
        sha = listed[path]
        if twin := first.get(sha):
            yield _says(load, "LD115", f"{path} holds the very bytes of {twin}", "list it once")
            continue
        first[sha] = path
        moved = known.get(path) in listed.values()  # its file is listed under another path now
        if known.get(path, sha) != sha and not moved:
            hint = "give new rows a file of their own"
            yield _says(load, "LD114", f"{path} was appended already, with other bytes", hint)


def _says(key: Key, code: str, says: str, hint: str = "") -> Problem:
    return Problem("error", f"{key}: {says}", code, hint=hint, address=str(key))
