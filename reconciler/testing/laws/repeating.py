"""Repeating: what was cut off is gone on with, and what was done is not done again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from reconciler.contracts import StepFailed
from reconciler.lease import LeaseLost
from reconciler.model.key import Key
from reconciler.model.step import FillType, InstallRuntime, Step, Switch
from reconciler.model.wish import GraphWish
from reconciler.testing.bench import GRAPH, Bench
from reconciler.testing.dying import die_in
from reconciler.testing.law import law
from reconciler.testing.samples import town, wish
from reconciler.testing.sheets import Rows, same
from reconciler.testing.watched import await_end

_MOST = 40  # steps of two small plans, and what is tidied up


@law
def a_step_done_twice_is_done_once(bench: Bench) -> None:
    """After a crash nobody knows whether the last step was done: it is done again."""
    for version in (1, 2):
        of = town(bench.traits, version=version)
        for step in bench.steps(wish(bench, of)):
            bench.do(step)
            bench.do(step)
        bench.driver.leave(GRAPH)
        bench.settled(wish(bench, of))
        same(bench.rows(), of.rows)


@law
def a_step_may_be_repeated_by_another_run(bench: Bench) -> None:
    """The next gsctl is another process: what a step needs lies on the disk."""
    for version in (1, 2):
        of = town(bench.traits, version=version)
        for step in bench.steps(wish(bench, of)):
            bench.walk([step])
            bench.driver.close()
            bench.driver = bench.another()
            bench.walk([step])
        bench.settled(wish(bench, of))
        same(bench.rows(), of.rows)


@law
def what_goes_may_go_twice(bench: Bench) -> None:
    """A `destroy` that was cut off is called again, and must not stumble over what is gone."""
    bench.apply(wish(bench, town(bench.traits)))
    for step in bench.plan(nothing=True).steps:
        bench.walk([step])
        bench.walk([step])
    assert not bench.place.exists(), "the engine's folder is still there"


@law
def an_engine_that_dies_between_steps_loses_nothing(bench: Bench) -> None:
    """`kill -9` of all between any two steps: the next plan goes on, and repeats no load."""
    done: set[str] = set()
    for version in (1, 2):
        of = town(bench.traits, version=version)
        wished = wish(bench, of)
        done.clear()
        for _ in range(_MOST):
            if not (steps := _to_do(bench, wished)):
                break
            again = {s.act.load.type for s in steps if isinstance(s.act, FillType)} & done
            assert not again, f"{sorted(again)} were loaded, and are to be loaded again"
            bench.do(steps[0])
            if isinstance(steps[0].act, FillType):
                done.add(steps[0].act.load.type)
            bench.crash()
        bench.settled(wished)
        same(bench.rows(), of.rows)


@law
def an_engine_that_dies_within_a_step_loses_nothing(bench: Bench) -> None:
    """Rows and their record are committed together: one without the other loads twice, or never."""
    of = town(bench.traits, people=200)
    wished = wish(bench, of)
    for step in _one_by_one(bench, wished):
        work = bench.driver.execute(step)
        with suppress(StepFailed):
            if next(work, None) is not None:
                bench.substrate.kill_helpers()
            list(work)
        bench.crash()
        _nothing_half(bench, of.rows)
    bench.apply(wished)
    same(bench.rows(), of.rows)


@law
def a_gsctl_that_dies_within_a_step_loses_nothing(bench: Bench) -> None:
    """`kill -9` of gsctl itself: its engine's processes end with it, and the next run goes on."""
    for version in (1, 2):
        of = town(bench.traits, people=50, version=version)
        wished = wish(bench, of)
        for step in _one_by_one(bench, wished):
            bench.lease.release()
            orphans = die_in(bench, step)
            bench.renew_lease()
            left = await_end(orphans)
            assert not left, f"of a gsctl that died in {step.id} run on: {left}"
        bench.settled(wished)
        same(bench.rows(), of.rows)


@law
def without_the_lease_nothing_is_written(bench: Bench) -> None:
    """A process that slept through its lease must not write over its successor's work."""
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first))
    steps = _to_do(bench, wish(bench, second))
    for step in steps:
        late = bench.driver
        bench.lose_lease()
        before = bench.graph().pointer
        with suppress(LeaseLost, StepFailed):
            list(late.execute(step))
            raise AssertionError(f"{step.id} was done without the lease")
        late.leave(GRAPH)
        bench.driver = bench.another()
        assert bench.graph().pointer == before, f"{step.id} wrote the pointer without the lease"
        same(bench.rows(), first.rows) if not _switched(steps, step) else None
        bench.walk([step])
    bench.settled(wish(bench, second))
    same(bench.rows(), second.rows)


def _to_do(bench: Bench, wished: GraphWish) -> list[Step]:
    """The steps that are left; a runtime is made sure of each time, and is not spoken of here."""
    return [s for s in bench.steps(wished) if not isinstance(s.act, InstallRuntime)]


def _switched(steps: list[Step], step: Step) -> bool:
    """Whether a switch comes before `step`."""
    return any(isinstance(s.act, Switch) for s in steps[: steps.index(step)])


def _one_by_one(bench: Bench, wished: GraphWish) -> Iterator[Step]:
    """Each step of a plan before it is done, once: what is made of it is planned on from."""
    tried: set[str] = set()
    for _ in range(_MOST):
        steps = _to_do(bench, wished)
        if not steps:
            return
        if steps[0].id not in tried:
            tried.add(steps[0].id)
            yield steps[0]
        else:
            bench.walk(steps[:1])


def _nothing_half(bench: Bench, rows: Rows, key: Key = GRAPH) -> None:
    """Whatever answers, answers with all its rows."""
    graph = bench.sight().graphs.get(key)
    if graph and graph.serving and not (bench.served and graph.unit is None):
        same(bench.rows(), rows)
