"""Looking: what is there, what is not, and what nobody can tell."""

from __future__ import annotations

import signal
import threading
from dataclasses import replace
from pathlib import Path

from reconciler.contracts import Driver, Sight, Unanswered
from reconciler.model.observed import LiveGraph
from reconciler.model.policy import Restraint, Rules
from reconciler.model.step import CreateEngine, Step, VerifyCopy
from reconciler.testing.bench import GRAPH, Bench, Skip
from reconciler.testing.files import content, damaged, stamps
from reconciler.testing.law import law, only
from reconciler.testing.samples import town, wish
from reconciler.testing.sheets import same

_DAMAGES = (b"", b'\x00 {"no": mark')


@law
def nothing_is_seen_where_nothing_is(bench: Bench) -> None:
    """An empty folder taken for an engine would be planned as one to delete."""
    bench.place.mkdir(parents=True)
    assert bench.sight() == Sight(None), "something is seen in an empty folder"
    assert not list(bench.place.iterdir()), "looking has made something"


@law
def an_engine_is_seen_as_it_was_wished(bench: Bench) -> None:
    """Whatever is not read back as written is a change in every plan, for ever."""
    bench.engine = replace(bench.engine, description='ünï "quoted"\nline', protect=True)
    bench.apply()
    engine = bench.sight().engine
    assert engine, "the engine that was made is not seen"
    assert engine.spec == bench.engine.plain(), f"{engine.spec} is not {bench.engine.plain()}"
    assert engine.ours, "an engine of ours is not told as ours"
    assert (engine.owner, engine.named) == (bench.owner, bench.engine.key), "its mark was altered"
    assert engine.protect, "its protection was lost"
    assert engine.guard, "its guard was lost"
    assert not engine.strangers, f"{engine.strangers} are ours, and told as strangers"
    held = Restraint({"Engine": Rules(suspend=True)})
    act = CreateEngine(bench.engine, bench.owner, engine.guard, new=False, restraint=held)
    bench.do(Step("mark it", bench.engine.key, bench.engine.key, act))
    again = bench.sight().engine
    assert again, "the engine is gone when it was marked anew"
    assert again.restraint == held, "what people hold it back with was lost"


@law
def looking_writes_nothing_at_all(bench: Bench) -> None:
    """`plan` is safe to run anywhere, at any time, by anybody: it only reads."""
    bench.apply(wish(bench, town(bench.traits)))
    before, written = content(bench.place), stamps(bench.place)
    bench.sight(bench.another())
    assert content(bench.place) == before, "looking changed what lies there"
    assert stamps(bench.place) == written, "looking wrote what was there anew"


@law
def looking_disturbs_no_writer(bench: Bench) -> None:
    """A dashboard, or a colleague's `plan`, must not make a running `apply` fail."""
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first))
    steps, beside, seen = bench.steps(wish(bench, second)), bench.another(), []
    try:
        for step in steps:
            seen += [_peek(bench, beside) for _ in bench.driver.execute(step)]
            seen.append(_peek(bench, beside))
    finally:
        bench.driver.leave(GRAPH)
    assert "absent" not in seen, "beside a writer a live graph was told to be absent"
    same(bench.rows(), second.rows)


@law
def many_may_look_at_once(bench: Bench) -> None:
    """Several of us look while one writes: a lock that a look takes meets the writer's."""
    first, second = town(bench.traits), town(bench.traits, version=2)
    bench.apply(wish(bench, first))
    steps, over, seen = bench.steps(wish(bench, second)), threading.Event(), set[str]()

    def look(driver: Driver) -> None:
        while not over.is_set():
            seen.add(_peek(bench, driver))

    lookers = [threading.Thread(target=look, args=(bench.another(),)) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        bench.walk(steps)
    finally:
        over.set()
        for looker in lookers:
            looker.join()
    assert "absent" not in seen, "beside a writer a live graph was told to be absent"
    same(bench.rows(), second.rows)


@law
def what_is_damaged_is_unknown_and_never_absent(bench: Bench) -> None:
    """A graph that is taken for absent is made anew, over data that only could not be read."""
    bench.apply(wish(bench, town(bench.traits)))
    for path in _files(bench.place):
        for damage in _DAMAGES:
            with damaged(path, damage, bench.folder / "aside"):
                told = _peek(bench, bench.driver)
            says = f"with {path.relative_to(bench.place)} damaged the graph is told to be absent"
            assert told != "absent", says
    bench.settled(wish(bench, town(bench.traits)))


@law
def a_server_that_does_not_answer_is_not_absent(bench: Bench) -> None:
    """A server that is only slow, or stopped, must not be replaced by an empty graph."""
    only("served", bench)
    bench.apply(wish(bench, town(bench.traits)))
    unit = bench.graph().unit
    assert unit, "a graph that is served has no server"
    bench.substrate.send(unit, signal.SIGSTOP)
    try:
        sight = bench.sight()
    finally:
        bench.substrate.send(unit, signal.SIGCONT)
    stopped = sight.graphs.get(GRAPH)
    told = GRAPH in sight.unknown or (stopped and stopped.unit and stopped.unit.state != "up")
    assert told, "a server that is stopped is told to be well, or its graph to be absent"
    assert bench.graph().unit, "a server that goes on is not seen again"


@law
def a_server_that_died_takes_no_rows_along(bench: Bench) -> None:
    """`kill -9` of a server costs its restart; neither rows nor a load."""
    only("served", bench)
    of = town(bench.traits)
    bench.apply(wish(bench, of))
    unit = bench.graph().unit
    assert unit, "a graph that is served has no server"
    bench.substrate.send(unit, signal.SIGKILL)
    graph = bench.graph()
    assert graph.unit is None, "a server that died is told to run"
    assert graph.serving, "without its server nothing tells which copy answers"
    bench.apply(wish(bench, of))
    same(bench.rows(), of.rows)


@law
def what_others_hold_open_is_unknown(bench: Bench) -> None:
    """What another program has open for writing cannot be told, and must not be torn from it."""
    only("embedded", bench)
    if bench.subject.hold is None:
        raise Skip("nothing is known of how another program opens a graph")
    bench.apply(wish(bench, town(bench.traits)))
    endpoint = bench.driver.endpoint(bench.graph())
    assert endpoint, "an embedded graph can be opened nowhere"
    with bench.subject.hold(Path(endpoint.address)):
        told = _peek(bench, bench.driver)
    assert told == "unknown", f"a graph that is held open elsewhere is told to be {told}"
    bench.settled(wish(bench, town(bench.traits)))


@law
def what_others_own_is_not_ours(bench: Bench) -> None:
    """Two projects on one machine must never delete each other's graphs."""
    with Bench(bench.subject, bench.folder / "others") as others:
        others.apply(wish(others, town(bench.traits)))
        place = others.engine.place
        sight = bench.driver.observe(bench.engine.key, place, bench.substrate.units())
        assert sight.engine, "an engine of somebody else is not seen"
        assert not sight.engine.ours, "an engine of somebody else is told to be ours"
        assert sight.engine.owner == others.owner, "its owner is not told"
        graph = sight.graphs.get(GRAPH)
        assert graph or GRAPH in sight.unknown, "a graph of somebody else is told to be absent"
        assert not (graph and graph.ours), "a graph of somebody else is told to be ours"


@law
def a_copy_that_is_not_finished_does_not_answer(bench: Bench) -> None:
    """Readers see the old graph or the new one, never one half loaded."""
    of = town(bench.traits)
    steps = bench.steps(wish(bench, of))
    bench.walk(steps[: _verification(steps)])
    sight = bench.sight()
    graph: LiveGraph | None = sight.graphs.get(GRAPH)
    assert GRAPH not in sight.unknown, "a copy that was begun is told to be unknown"
    assert not (graph and graph.pointer), "a copy that is not finished answers"
    verified = [copy.id for copy in graph.copies.values() if copy.verified] if graph else []
    assert not verified, "a copy that is not finished is told to be verified"
    bench.apply(wish(bench, of))
    same(bench.rows(), of.rows)


def _verification(steps: list) -> int:  # type: ignore[type-arg]  # of steps
    return next(n for n, step in enumerate(steps) if isinstance(step.act, VerifyCopy))


def _peek(bench: Bench, driver: Driver) -> str:
    """How the graph is told: seen, unknown or absent. An engine that is not ours has no graph."""
    try:
        sight = bench.sight(driver)
    except (Unanswered, OSError):
        return "unknown"
    if not (sight.engine and sight.engine.ours):
        return "absent"
    return "seen" if GRAPH in sight.graphs else "unknown" if GRAPH in sight.unknown else "absent"


def _files(place: Path) -> list[Path]:
    """Files to damage: those nearest to the engine's folder first, and not endlessly many."""
    found = [path for path in place.rglob("*") if path.is_file() and not path.is_symlink()]
    inside = [p for p in found if p.stat().st_size and place in p.resolve().parents]
    return sorted(inside, key=lambda p: (len(p.parts), str(p)))[:24]
