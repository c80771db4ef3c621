"""A graph that goes before it comes anew: never do two copies of it lie on the disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.model.change import Action
from reconciler.model.plan import Outcome, Plan
from reconciler.model.problem import Problem
from reconciler.model.step import Act, ClearGraph, GraphAt, RemoveCopy, Switch
from reconciler.planner.case import Case


def recreated(case: Case, begin: Sequence[Act]) -> bool:
    """Whether all else goes before the new copy is made.

    `begin` is how that copy begins: empty where a whole one lies beside the one that answers, for
    then there is nothing to make room for.
    """
    return case.recreates and bool(begin or not case.serving)


def leaving_first(case: Case, at: GraphAt, copy: str) -> Iterator[Act]:
    """What goes before `copy` is begun, or gone on with after a crash."""
    live, serving = case.live, case.serving
    if live is None:
        return
    if serving is None or live.pointer is None:
        for id_ in (*sorted(live.copies), *live.leftovers):
            if id_ != copy:
                yield RemoveCopy(at, id_)
        return
    # It says what is going on, and that no plan may take what is missing for somebody's doing.
    settings = replace(live.pointer.settings, strategy="recreate")
    pointer = replace(live.pointer, settings=settings, previous=None, held=None, applied="")
    rows = {type_: serving.rows_of(type_) for type_, _ in serving.catalog.types()}
    yield ClearGraph(at, pointer, rows)


def with_gaps(plan: Plan, outcome: Outcome) -> Outcome:
    """`outcome`, with a word at each graph that was stopped to come anew and answers nobody now."""
    found = {**outcome.failed, **dict(_gaps(plan, outcome))}
    return replace(outcome, failed=found)


def _gaps(plan: Plan, outcome: Outcome) -> Iterator[tuple[str, tuple[Problem, ...]]]:
    done = frozenset(outcome.done)
    for change in plan.changes:
        if change.action is not Action.RECREATE:
            continue
        steps = [step for step in plan.steps if step.session == change.key]
        stays = any(isinstance(s.act, ClearGraph) and s.id not in done for s in steps)
        answers = any(isinstance(s.act, Switch) and s.id in done for s in steps)
        undone = [s.id for s in steps if s.id not in done]
        if undone and not (stays or answers):
            says = f"{change.key} answers nobody: its old copy went first, and no new one is whole"
            problem = Problem("error", says, "RB105", address=str(change.key),
                              hint="put right what failed, and apply again: it goes on from here",
                              )  # fmt: skip
            yield undone[0], (*outcome.failed.get(undone[0], ()), problem)
