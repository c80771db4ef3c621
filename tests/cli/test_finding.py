"""What a switch hides of ours is not seen now; what is hidden of others is not asked for."""

from __future__ import annotations

import pytest

from gsctl.doors import finding
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveGraph, Pointer, Snapshot
from reconciler.model.wish import Place, Settings

OWNER = Owner("p", "default", "abcdefgh")
ENGINE, GRAPH = Key("default", "Engine", "main"), Key("default", "Graph", "town")


def hides(*, ours: bool) -> Snapshot:
    """A graph whose pointer leads to a copy that was not found."""
    pointer = Pointer("u", "town", "default", OWNER, "c", "embedded", Settings())
    graph = LiveGraph(GRAPH, ENGINE, Place("local", "/"), "u", ours, OWNER, pointer)
    return Snapshot(graphs={GRAPH: graph})


def test_procedures_of_a_graph_of_ours_that_hides_are_not_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finding, "_seen", lambda _: hides(ours=True))
    with pytest.raises(finding.Unseen) as told:
        finding.procedures(None, None)
    assert [problem.address for problem in told.value.problems] == [str(GRAPH)]


def test_a_hidden_graph_of_others_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "_seen", lambda _: hides(ours=False))
    assert finding.procedures(None, None) == []
