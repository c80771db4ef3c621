"""Rows and values made by hand, through random changes, renames and crashes: none goes unsaid."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import GRAPH, OWNER, plan, wishes

from reconciler.model.catalog import Catalog
from reconciler.model.plan import Request
from reconciler.model.step import CarryType, ExportType
from reconciler.testing.memory import MemoryWorld
from reconciler.testing.memory_copy import Copy

ALLOWED = Request(allow_deletes=True)


@st.composite
def made_by_hand(draw, catalog: Catalog) -> dict[str, int]:
    """Rows by type, and values by `Type.property`."""
    addresses = [t for t, _ in catalog.types()]
    addresses += [f"{t}.{p}" for t, _ in catalog.types() for p in catalog.properties(t) if p != "k"]
    chosen = draw(st.sets(st.sampled_from(addresses), max_size=4))
    return {address: draw(st.integers(1, 3)) for address in sorted(chosen)}


def write(world: MemoryWorld, wish, made: dict[str, int]) -> Copy:
    """Write by hand what no load feeds; the copy that holds it."""
    (copy,) = [world.serving(uid) for uid in world.graphs]
    fed = {(c.type, p) for w in wish.loads for c in w.types for s in c.sources for p in s.columns}
    for address, count in made.items():
        type_, dot, name = address.partition(".")
        if not dot:
            copy.write(type_, count)
        elif (type_, name) not in fed and copy.rows.get(type_):
            copy.set(type_, name, count)
    return copy


@st.composite
def renamings(draw, names: list[str], fresh: str) -> dict[str, str]:
    """New name -> old: a permutation of some names and a fresh one."""
    pool = [*names, fresh]
    return dict(zip(draw(st.permutations(pool)), pool, strict=True)) if draw(st.booleans()) else {}


@st.composite
def renamed(draw, wish):
    """The same graph under other names: its types, its properties, its loads."""
    catalog = wish.catalog
    of = {v: v for v, _ in catalog.types()}
    of |= draw(renamings(sorted(catalog.vertices), "R")) | draw(
        renamings(sorted(catalog.edges), "G")
    )
    new = {old: new for new, old in of.items() if old in {t for t, _ in catalog.types()}}
    properties = {t: draw(renamings(sorted(set(catalog.properties(t)) - {"k"}), "c"))
                  for t, _ in catalog.types()}  # fmt: skip

    def named(type_: str, name: str) -> str:
        return next((n for n, o in properties[type_].items() if o == name), name)

    def table(type_: str, found):
        return {named(type_, p): text for p, text in found.items()}

    vertices = {new[t]: replace(v, properties=table(t, v.properties))
                for t, v in catalog.vertices.items()}  # fmt: skip
    edges = {new[t]: replace(e, pairs=tuple((new[a], new[b]) for a, b in e.pairs),
                             properties=table(t, e.properties))
             for t, e in catalog.edges.items()}  # fmt: skip
    hints = {n: o for o, n in new.items() if n != o}
    hints |= {f"{new[t]}.{n}": o for t, names in properties.items() for n, o in names.items()
              if n != o and o in catalog.properties(t)}  # fmt: skip
    loads = []
    for load in wish.loads:
        (content,) = load.types
        sources = tuple(
            replace(s, columns={named(content.type, p): c for p, c in s.columns.items()},
                    pair=s.pair and (new[s.pair[0]], new[s.pair[1]]))
            for s in content.sources
        )  # fmt: skip
        loads.append(
            replace(load, types=(replace(content, type=new[content.type], sources=sources),))
        )
    return replace(wish, catalog=Catalog(vertices, edges), renames=hints, loads=tuple(loads))


@st.composite
def retyped(draw, wish):
    """The same graph with other types of some properties, keys among them."""

    def other(properties):
        return {p: draw(st.sampled_from([t, t, "int64", "string"])) for p, t in properties.items()}

    catalog = wish.catalog
    return replace(wish, catalog=Catalog(
        {t: replace(v, properties=other(v.properties)) for t, v in catalog.vertices.items()},
        {t: replace(e, properties=other(e.properties)) for t, e in catalog.edges.items()},
    ))  # fmt: skip


def walk(world: MemoryWorld, wish, now: float, crash_after: int | None = None):
    """Plan and do; files that may vanish do, after a crash."""
    made = plan(wish, world.snapshot(now), ALLOWED)
    assert not made.problems, made.problems
    for number, step in enumerate((*made.steps, *made.housekeeping)):
        if number == crash_after:
            world.files.clear()
            break
        world.do(step.act)
    return made


def told(made) -> dict[str, int]:
    """What is said to be lost, by type and by `Type.property`."""
    return {loss.what.split(".", 2)[2]: loss.rows for c in made.changes for loss in c.losses}


def settled(world: MemoryWorld, wish) -> bool:
    again = plan(wish, world.snapshot(1e6))
    return (again.changes, again.steps) == ((), ())


@settings(max_examples=200)
@given(st.data())
def test_nothing_made_by_hand_goes_without_a_word_and_nothing_is_said_that_does_not_go(
    data,
) -> None:
    first, second = data.draw(wishes()), data.draw(wishes())
    world = MemoryWorld(OWNER)
    walk(world, first, 1.0)
    before = dict(write(world, first, data.draw(made_by_hand(first.catalog))).by_hand)
    made = walk(world, second, 2.0)
    (after,) = [world.serving(uid) for uid in world.graphs]
    lost = told(made)
    for address, count in before.items():
        gone = count - after.by_hand.get(address, 0)
        said = lost.get(address) or lost.get(address.partition(".")[0])
        assert not gone or said, f"{address} went, and nobody said so: {lost}"
    for address in lost.keys() & before.keys():
        assert after.by_hand.get(address, 0) == 0, f"{address} was said to go, and is here"
    assert settled(world, second)


@settings(max_examples=200)
@given(st.data())
def test_renamed_and_retyped_graphs_keep_everything(data) -> None:
    first = data.draw(wishes())
    world = MemoryWorld(OWNER)
    walk(world, first, 1.0)
    copy = write(world, first, data.draw(made_by_hand(first.catalog)))
    rows, by_hand = sorted(copy.rows.values()), sorted(copy.by_hand.values())
    second = data.draw(renamed(data.draw(retyped(first))))
    made = walk(world, second, 2.0)
    (after,) = [world.serving(uid) for uid in world.graphs]
    assert told(made) == {}
    assert (sorted(after.rows.values()), sorted(after.by_hand.values())) == (rows, by_hand)
    for new, old in second.renames.items():
        if "." not in new:
            assert after.rows.get(new, 0) == copy.rows.get(old, 0), f"{new} is not what {old} was"
    assert settled(world, second)


@settings(max_examples=150)
@given(st.data())
def test_there_and_back_again_restores_what_was_there(data) -> None:
    first = data.draw(wishes())
    second = data.draw(retyped(first))
    world = MemoryWorld(OWNER)
    walk(world, first, 1.0)
    copy = write(world, first, data.draw(made_by_hand(first.catalog)))
    rows, by_hand = dict(copy.rows), dict(copy.by_hand)
    said = told(walk(world, second, 2.0)) | told(walk(world, first, 3.0))
    (after,) = [world.serving(uid) for uid in world.graphs]
    assert said == {}
    assert (after.rows, after.by_hand) == (rows, by_hand)


@settings(max_examples=150)
@given(st.data(), st.lists(st.integers(0, 14), max_size=4))
def test_a_crash_anywhere_loses_no_row_and_repeats_none(data, crashes) -> None:
    first = data.draw(wishes())
    world = MemoryWorld(OWNER)
    walk(world, first, 1.0)
    copy = write(world, first, data.draw(made_by_hand(first.catalog)))
    rows, by_hand = sorted(copy.rows.values()), sorted(copy.by_hand.values())
    second = data.draw(renamed(data.draw(retyped(first))))
    world.fills.clear()
    for crash_after in crashes:
        walk(world, second, 2.0, crash_after)
    walk(world, second, 2.0)
    (after,) = [world.serving(uid) for uid in world.graphs]
    assert (sorted(after.rows.values()), sorted(after.by_hand.values())) == (rows, by_hand)
    assert len(world.carries) == len(set(world.carries))
    assert len(world.fills) == len(set(world.fills))
    assert settled(world, second)


@given(st.data())
def test_a_copy_made_anew_loses_nothing(data) -> None:
    wish = data.draw(wishes())
    world = MemoryWorld(OWNER)
    walk(world, wish, 1.0)
    copy = write(world, wish, data.draw(made_by_hand(wish.catalog)))
    rows, by_hand = dict(copy.rows), dict(copy.by_hand)
    made = plan(wish, world.snapshot(2.0), Request(rebuild=frozenset({GRAPH})))
    assert made.refusals == ()
    for step in made.steps:
        world.do(step.act)
    (after,) = [world.serving(uid) for uid in world.graphs]
    assert after is not copy
    assert (after.rows, after.by_hand) == (rows, by_hand)
    kinds = [type(step.act) for step in made.steps]
    assert kinds.count(ExportType) == kinds.count(CarryType)
