"""Judging: a copy is verified before it answers, and queries before they are declared."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.record import ProcedureRecord
from reconciler.model.step import BuildCopy, FillType, Step, Switch, VerifyCopy
from reconciler.testing.bench import Bench
from reconciler.testing.law import law
from reconciler.testing.samples import town, wish
from reconciler.testing.sheets import same


@law
def rows_that_are_missing_are_found(bench: Bench) -> None:
    """The last look before the switch: what the record says was loaded must be there."""
    steps = bench.steps(wish(bench, town(bench.traits)))
    build = next(s for s in steps if isinstance(s.act, BuildCopy))
    assert isinstance(build.act, BuildCopy)
    record = build.act.record
    for step in steps:
        if isinstance(step.act, FillType):
            record = record.with_fill(step.act.load.type, replace(step.act.fill, rows=5))
    lying = replace(build, act=replace(build.act, record=record))
    before = [s for s in steps if not isinstance(s.act, FillType | BuildCopy | Switch)]
    made = [s for s in before if not isinstance(s.act, VerifyCopy)]
    bench.walk([*made, lying])
    bench.refused([s for s in steps if isinstance(s.act, VerifyCopy)])
    assert not _verified(bench), "a copy without its rows was sealed"


@law
def a_verified_copy_is_told_as_verified(bench: Bench) -> None:
    """Only a verified copy may ever answer; one that is not told so is made again."""
    steps = bench.steps(wish(bench, town(bench.traits)))
    until = next(n for n, step in enumerate(steps) if isinstance(step.act, Switch))
    bench.walk(steps[:until])
    assert len(_verified(bench)) == 1, "the copy that was verified is not told so"
    left = [type(s.act) for s in bench.steps(wish(bench, town(bench.traits)))]
    assert FillType not in left, "a copy that was verified before is filled again"


@law
def procedures_are_tried_before_they_are_published(bench: Bench) -> None:
    """A procedure that does not run, or gives other rows than it promises, reaches no client."""
    words, of = bench.subject.speech(), town(bench.traits)
    keys = words.keys.format(type="Person", key="id", value=0)
    good = ProcedureRecord(words.language, keys, {}, ({"call": {}, "rows": 6},))
    bench.apply(wish(bench, of, procedures={"who": good}))
    fewer = replace(good, tests=({"call": {}, "rows": 5},))
    wrong = replace(good, query=words.wrong)
    newer = town(bench.traits, version=2)
    for bad in (fewer, wrong):
        bench.refused(bench.steps(wish(bench, newer, procedures={"who": bad})))
        same(bench.rows(), of.rows, "after the refusal ")
    serving = bench.graph().serving
    assert serving, "no copy answers"
    assert serving.record, "the copy that answers has no record"
    assert dict(serving.record.procedures) == {"who": good}, "a refused procedure is recorded"
    bench.apply(wish(bench, newer, procedures={"who": good}))


@law
def queries_are_judged_without_a_graph(bench: Bench) -> None:
    """`validate` tells a wrong query before anything runs, and finds no fault in right ones."""
    words, of = bench.subject.speech(), town(bench.traits)
    right = words.count.format(type="Person", key="id", value=0)
    told = bench.driver.faults(of.catalog, {"right": right, "wrong": words.wrong})
    assert set(told) == {"wrong"}, f"of a right and a wrong query these are faulty: {dict(told)}"
    assert told["wrong"].strip(), "a fault without a reason"
    assert not bench.place.exists(), "judging queries made something at the engine's place"


@law
def statements_tell_what_would_be_done(bench: Bench) -> None:
    """`plan --explain` shows what the engine will be told: the same each time, and only words."""
    bench.apply()
    steps = bench.steps(wish(bench, town(bench.traits)))
    for step in steps:
        told = bench.driver.statements(step.act)
        assert list(told) == list(bench.driver.statements(step.act)), f"{step.id}: told otherwise"
        assert all(isinstance(line, str) for line in told), f"{step.id}: no text"
        for named in _named(step):
            assert any(named in line for line in told), f"{step.id}: {named} is not spoken of"
    assert not bench.sight().graphs, "telling what would be done has done it"


def _named(step: Step) -> list[str]:
    match step.act:
        case BuildCopy():
            return [op.type for op in step.act.ops]
        case FillType():
            return [step.act.load.type]
    return []


def _verified(bench: Bench) -> list[str]:
    found = bench.sight().graphs.values()
    return [copy.id for graph in found for copy in graph.copies.values() if copy.verified]
