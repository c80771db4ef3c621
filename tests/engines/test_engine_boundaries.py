"""kill -9 at every boundary between two steps, then once more to the end: nothing is lost, nothing
that was finished is done again, and the graph answers as wished."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from repository import Repository

CHANGES = {
    "a first creation": ({}, None),
    "a reload": ({"version": 2}, {"version": 1}),
    "a changed type": ({"age": "int32"}, {"age": "int64"}),
    "a recreation": (
        {"age": "int32", "strategy": "recreate"},
        {"age": "int64", "strategy": "recreate"},
    ),
    "a new property": ({"extra": ", town: string"}, {}),
    "a dropped property": ({}, {"extra": ", town: string"}),
}
CASES = [("neug", "a first creation", "served"), ("neug", "a first creation", "embedded"),
         ("neug", "a changed type", "served"), ("neug", "a reload", "embedded"),
         ("neug", "a new property", "served"), ("neug", "a dropped property", "embedded"),
         ("neug", "a recreation", "served"), ("ladybug", "a recreation", "embedded"),
         ("ladybug", "a first creation", "embedded"), ("ladybug", "a changed type", "served"),
         ("ladybug", "a new property", "embedded")]  # fmt: skip


def finished_fills(log: Path) -> list[str]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if line.startswith("Finished") and "FillType" in line]


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize(("engine", "change", "mode"), CASES)
def test_a_kill_at_any_boundary_is_followed_by_a_whole_graph(
    change: str, mode: str, people: Repository
) -> None:
    after, before = CHANGES[change]
    repository = replace(people, mode=mode)
    boundary = 0
    while True:
        boundary += 1
        if before is None:
            repository.gsctl("destroy", "-y", "--allow-deletes")
        else:
            repository.write(**{"rows": 20, **before})
            assert repository.die_at(0) == 0
        repository.events.unlink(missing_ok=True)
        repository.write(**{"rows": 20, **after})
        ended = repository.die_at(boundary)
        if ended == 0:
            break  # there are no more boundaries
        assert ended == -9
        assert repository.die_at(0) == 0, repository.events.read_text()
        fills = finished_fills(repository.events)
        assert len(fills) == len(set(fills)), f"a finished fill was repeated: {fills}"
        if boundary % 4 == 1:
            assert repository.rows("MATCH (p:Person) RETURN count(p) AS n") == [[20]]
    assert boundary > 2
