"""What past applies tell of a thing, also by the names that it had before."""

from __future__ import annotations

import pytest

from reconciler.evidence import came, made_of
from reconciler.ledger import Made, Run
from reconciler.model.change import Action, Change, FieldChange
from reconciler.model.estimate import Spent
from reconciler.model.key import Key
from reconciler.model.plan import Outcome, Plan
from reconciler.model.traits import Effect
from reconciler.planner import path_before

A, B, C = (Key("default", "Graph", name) for name in "abc")


def renamed(key: Key, old: str) -> Change:
    field = FieldChange(("metadata", "name"), old, key.name, Effect.MARK)
    return Change(key, Action.UPDATE, (field,))


def run(at: float, *made: Made, spent: tuple[Spent, ...] = ()) -> Run:
    return Run(at, at, "ok", spent=spent, made=made)


def test_a_rename_is_kept_with_the_name_before() -> None:
    outcome = Outcome()
    (made,) = made_of(Plan(owner=None, changes=(renamed(B, "a"),)), outcome)
    assert (made.address, made.was) == ("Graph/b", "Graph/a")


def test_history_goes_on_before_a_rename_also_where_names_were_swapped() -> None:
    runs = (
        run(1, Made("Graph/a", "create"), Made("Graph/b", "create")),
        run(2, Made("Graph/a", "update", ("metadata.name",), "Graph/b"),
            Made("Graph/b", "update", ("metadata.name",), "Graph/a")),
        run(3, Made("Graph/c", "update", ("metadata.name",), "Graph/b")),
    )  # fmt: skip

    def told(key: Key) -> list[str]:
        return [c.address for c in came(runs, key, {()})]

    assert told(C) == ["Graph/c", "Graph/b", "Graph/a"]
    assert told(A) == ["Graph/a", "Graph/b"]


def test_a_type_is_found_by_its_name_before_with_the_seconds_of_its_rows() -> None:
    spent = (Spent("neug", "FillType", 2.5, 1, "Graph/a.Old"),)
    runs = (
        run(1, Made("Graph/a", "rebuild", ("vertices.Old.properties.x",)), spent=spent),
        run(2, Made("Graph/a", "rebuild", ("vertices.Other.properties.x",))),
        run(3, Made("Graph/a", "update", ("vertices.New",))),
    )
    path = ("vertices", "New", "properties", "y")
    before = path_before(path, {"New": "Old", "New.y": "x"})
    assert before == ("vertices", "Old", "properties", "x")
    found = list(came(runs, A, {path, before}))
    assert [(c.fields, c.seconds) for c in found] == [
        (("vertices.New",), None), (("vertices.Old.properties.x",), 2.5),
    ]  # fmt: skip


@pytest.mark.parametrize("path", [(), ("engine",), ("vertices", "P"), ("vertices", "P", "key")])
def test_what_was_never_renamed_is_where_it_was(path: tuple[str, ...]) -> None:
    assert path_before(path, {"Q": "P", "Q.a": "b"}) == path
