"""The state machine as a table: which phases a cause may lead from and to, and no others.

A phase is never stored, so a transition is what one cause does to what is derived. The walk makes
one thing happen at a time, in random worlds, and compares every thing's phase before and after.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import pytest
from simulation.documents import Documents, changed, declared
from simulation.world import SimulatedWorld

from reconciler.engines.neug import TRAITS
from reconciler.model.catalog import Catalog
from reconciler.model.key import Key
from reconciler.model.plan import Request
from reconciler.model.status import Phase
from reconciler.model.step import InstallRuntime
from reconciler.planner import World, make_plan
from reconciler.planner.phase import statuses
from reconciler.planner.scene import Scene

NOT_FOUND = "NotFound"  # neither wished nor live: T1 begins here, T12 ends here
U, A, P, G, R = Phase.UNKNOWN, Phase.ABSENT, Phase.PENDING, Phase.PROGRESSING, Phase.READY
E, D, S, F, B, T = (Phase.DEGRADED, Phase.DRIFTED, Phase.STOPPED, Phase.FAILED, Phase.BLOCKED,
                    Phase.TERMINATING)  # fmt: skip
N = NOT_FOUND
TABLE: Mapping[str, Mapping[str, set[str]]] = {
    "an_act": {
        N: {E, R}, A: {E, P, R}, P: {E, N, R}, G: {E, R}, E: {F, N, R}, D: {R}, S: {R},
        F: {N, R}, R: {N}, T: {N},
    },
    "a_writer": {
        A: {G}, P: {G, T}, G: {A, P}, E: {R, T}, D: {T}, F: {T}, S: {T}, R: {E, T},
        T: {D, E, F, P, R, S},
    },
    "documents_change": {
        N: {A, B, G, U}, A: {B, N}, P: {B, T}, G: {B, N, T}, E: {B, R, T}, D: {B, T}, F: {B, T},
        S: {B, T}, R: {B, E, T}, B: {A, E, G, N, P, R, T, U}, T: {B, D, E, F, G, P, R, S},
        U: {B, N},
    },
    "a_death": {R: {E, F, S}, D: {E, F, S}, E: {F, S}, S: {E, F}, F: {S}},
    "a_hand": {  # blocked: no pointer says which of two copies answers
        R: {A, B, D, E, F, G, N}, D: {A, B, E, F, G, N}, E: {A, B, F, G, N}, F: {A, B, E, G, N},
        S: {B, E, F},
    },
    "hidden": {
        N: {U}, A: {B, U}, P: {B, N, U}, G: {B, E, U}, E: {B, N, U}, D: {B, N, U}, S: {U},
        F: {B, N, U}, R: {B, E, N, U}, B: {U}, T: {N, U},
    },
    "seen": {
        N: {D, E, F, P, R, S, T}, A: {D, E, R}, B: {A, D, E, F, G, P, R, T},
        U: {A, B, D, E, F, G, P, R, S, T}, E: {R}, G: {E, R},
    },
}  # fmt: skip


class Walk:
    """A world to which one thing happens at a time."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = SimulatedWorld()
        self.documents = Documents()
        self.writing = False

    def plan(self):
        said, live = self.documents, self.world.seen(self.documents.engines.values())
        return live, make_plan(World(said.project, said.engines, said.graphs, live,
                                     {"neug": TRAITS}, Request(allow_deletes=True)))  # fmt: skip

    def phases(self) -> Mapping[Key, str]:
        live, made = self.plan()
        scene = Scene(self.documents.engines, self.documents.graphs, live, made, self.writing)
        return {key: status.phase for key, status in statuses(scene).items()}

    def an_act(self) -> None:
        """T1 to T7, T9, T12: one step of the plan is done, by somebody who writes."""
        _, made = self.plan()
        acts = [step.act for step in made.steps if not isinstance(step.act, InstallRuntime)]
        if acts:
            self.world.memory.do(acts[0])

    def a_writer(self) -> None:
        """Somebody begins to write, or ends."""
        self.writing = not self.writing

    def documents_change(self) -> None:
        """T8, T9, T12: people wish for something else."""
        one = self.chance.choice((changed(self.chance, self.documents), declared(self.chance),
                                  Documents()))  # fmt: skip
        self.documents = replace(one, policies=Documents().policies)

    def a_death(self) -> None:
        """T10: a server ends, or is stopped by a signal."""
        if graphs := [graph for graph in self.world.ours() if graph.unit]:
            graph = self.chance.choice(graphs)
            graph.unit = self.chance.choice((None, replace(graph.unit, state="stopped"),
                                             replace(graph.unit, state="lost")))  # fmt: skip

    def a_hand(self) -> None:
        """T8: rows or types go by hand, or a copy, or a pointer."""
        if not (graphs := self.world.ours()):
            return
        graph = self.chance.choice(graphs)
        copy = graph.copies.get(graph.pointer.copy)
        match self.chance.choice(("rows", "type", "copy", "pointer")):
            case "rows" if copy:
                copy.rows = dict.fromkeys(copy.rows, 0)
            case "type" if copy and copy.catalog.vertices:
                name = self.chance.choice(sorted(copy.catalog.vertices))
                left = {n: t for n, t in copy.catalog.vertices.items() if n != name}
                copy.catalog = Catalog(left, {})
            case "copy":
                graph.copies.pop(graph.pointer.copy, None)
            case "pointer":
                graph.pointer = None

    def hidden(self) -> None:
        """Something cannot be looked at."""
        places = [engine.place for engine in self.world.memory.engines.values() if engine.ours]
        keys = [graph.key for graph in self.world.ours()]
        if places:
            self.world.hidden.add(self.chance.choice([*places, *keys]))

    def seen(self) -> None:
        """Everything can be looked at again."""
        self.world.hidden.clear()

    CAUSES = (
        an_act,
        an_act,
        an_act,
        an_act,
        a_writer,
        documents_change,
        a_death,
        a_hand,
        hidden,
        seen,
    )


def transitions(seeds: range, length: int = 25):
    """Every transition that happens, by its cause."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for seed in seeds:
        walk = Walk(seed)
        before = walk.phases()
        for _ in range(length):
            cause = walk.chance.choice(Walk.CAUSES)
            cause(walk)
            after = walk.phases()
            for key in before.keys() | after.keys():
                old, new = before.get(key, N), after.get(key, N)
                if old != new:
                    found[cause.__name__][old].add(new)
            before = after
    return found


@pytest.fixture(scope="module")
def found():
    """What happened on many walks, by its cause."""
    return transitions(range(160))


def test_no_transition_happens_but_those_of_the_table(found) -> None:
    extra = {
        (cause, str(old), str(new))
        for cause, moves in found.items()
        for old, targets in moves.items()
        for new in targets - TABLE[cause].get(old, set())
    }
    assert not extra


def test_every_phase_is_reached_and_left(found) -> None:
    reached = {new for moves in found.values() for targets in moves.values() for new in targets}
    left = {old for moves in found.values() for old in moves}
    assert reached == {*Phase, NOT_FOUND}
    assert left == {*Phase, NOT_FOUND}


def test_nothing_happens_without_a_cause() -> None:
    for seed in range(20):
        walk = Walk(seed)
        for _ in range(10):
            walk.chance.choice(Walk.CAUSES)(walk)
            assert walk.phases() == walk.phases()
