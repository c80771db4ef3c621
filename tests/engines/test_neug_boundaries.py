"""kill -9 at every boundary between two steps, then once more to the end: nothing is lost, nothing
that was finished is done again, and the graph answers as wished."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from repository import Repository

PROGRAM = Path(__file__).with_name("dying_apply.py")
CHANGES = {
    "a first creation": ({}, None),
    "a reload": ({"version": 2}, {"version": 1}),
    "a changed type": ({"age": "int32"}, {"age": "int64"}),
    "a new property": ({"extra": ", town: string"}, {}),
    "a dropped property": ({}, {"extra": ", town: string"}),
}
CASES = [("a first creation", "served"), ("a first creation", "embedded"),
         ("a changed type", "served"), ("a reload", "embedded"), ("a new property", "served"),
         ("a dropped property", "embedded")]  # fmt: skip


def apply(repository: Repository, log: Path, die_at: int = 0) -> int:
    """Apply; 0 when all was done and nothing is left to do, negative when it was killed."""
    return subprocess.run([sys.executable, str(PROGRAM), str(repository.path), str(die_at), str(log)],
                          timeout=120, check=False).returncode  # fmt: skip


def finished_fills(log: Path) -> list[str]:
    lines = log.read_text().splitlines() if log.exists() else []
    return [line for line in lines if line.startswith("Finished") and "FillType" in line]


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize(("change", "mode"), CASES)
def test_a_kill_at_any_boundary_is_followed_by_a_whole_graph(
    change: str, mode: str, people: Repository, tmp_path: Path
) -> None:
    after, before = CHANGES[change]
    repository = Repository(people.path, mode)
    log = tmp_path / "events.log"
    boundary = 0
    while True:
        boundary += 1
        if before is None:
            repository.gsctl("destroy", "-y", "--allow-deletes")
        else:
            repository.write(**{"rows": 20, **before})
            assert apply(repository, log) == 0
        log.unlink(missing_ok=True)
        repository.write(**{"rows": 20, **after})
        ended = apply(repository, log, boundary)
        if ended == 0:
            break  # there are no more boundaries
        assert ended == -9
        assert apply(repository, log) == 0, log.read_text()
        fills = finished_fills(log)
        assert len(fills) == len(set(fills)), f"a finished fill was repeated: {fills}"
        if boundary % 4 == 1:
            query = "MATCH (p:Person) RETURN count(p) AS n"
            asked = repository.gsctl("query", "people", query, "--json")
            assert json.loads(asked.stdout)["rows"] == [[20]], asked
    assert boundary > 2
