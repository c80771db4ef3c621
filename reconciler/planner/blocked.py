"""What must not be touched, and why: unseen, foreign, unclear, or more than was allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.change import Action, Change
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph, Snapshot
from reconciler.model.problem import Problem
from reconciler.model.record import FillRecord
from reconciler.model.traits import Effect
from reconciler.model.wish import GraphWish
from reconciler.planner.graph import Case, GraphPlan


def blocked(key: Key, problem: Problem) -> Change:
    """The row of a thing that must be left alone."""
    return Change(key, Action.BLOCKED, reason=problem.summary, blocked=problem)


def graph_block(
    key: Key,
    wish: GraphWish | None,
    live: LiveGraph | None,
    seen: Snapshot,
    stuck: Mapping[Key, Problem],
) -> Problem | None:
    """Why nothing may be done about a graph, or None. Unseen is not absent."""
    if problem := seen.unknown.get(key):
        return problem
    engine = wish.engine.key if wish else live.engine if live else None
    if engine in stuck and (wish or (engine in seen.unknown and live and live.ours)):
        return _says(key, "ST101", f"stands on {engine}, which is blocked")
    if wish and live and not live.ours:
        return _says(key, "DS107", "exists, and is not ours", "rename yours, or remove it yourself")
    if wish and live and live.engine != wish.engine.key:
        return _says(key, "MV103", f"lives on {live.engine}, and is wished on {wish.engine.key}: "
                     "this version of gsctl does not move graphs")  # fmt: skip
    if live and live.ours and live.pointer is None:
        return _unclear(key, live)
    return None


def holding(engine: Key, changes: Iterable[Change], seen: Snapshot) -> Problem | None:
    """Why an engine's folder must not go: a graph of it stays, or one that may be of it."""
    for change in sorted(changes, key=lambda change: change.key):
        graph = seen.graphs.get(change.key)
        of_it = graph.engine == engine if graph else change.key.tenant == engine.tenant
        if change.key.kind == "Graph" and change.blocked and of_it:
            return _says(engine, "ST101", f"{change.key} may lie on it, and is blocked",
                         "the engine stays until that is clear")  # fmt: skip
    return None


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
    checks = (_renames(case), _appends(case), _in_place(case, plan))
    return next((problem for check in checks for problem in check), None)


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
    declared = case.wish.renames
    for new, old in sorted(declared.items()):
        if known.get(new) == old:
            continue
        type_, dot, name = new.partition(".")
        live = copy.catalog.properties(type_) if dot else {t for t, _ in copy.catalog.types()}
        if dot and type_ not in {t for t, _ in copy.catalog.types()}:
            continue  # the type itself is new
        there = (name if dot else type_) in live, old in live
        chained = any(o == (name if dot else type_) for n, o in declared.items()
                      if n != new and n.partition(".")[1] == dot)  # fmt: skip
        if there == (False, False):
            yield _says(case.wish.key, "RN103", f"`{new}` is renamed from `{old}`, and neither is "
                        "live", "drop `renamedFrom`, or correct it")  # fmt: skip
        elif there == (True, True) and not chained:
            yield _says(case.wish.key, "RN101", f"`{new}` is renamed from `{old}`, and both are "
                        "live", "drop one of them first")  # fmt: skip


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
