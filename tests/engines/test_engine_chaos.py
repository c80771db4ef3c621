"""kill -9 of gsctl and of its engine hosts, again and again, beside a reader.

At every moment a reader finds the whole old graph or the whole new one, or a refused connection
while its server is exchanged. The next apply converges; nothing is lost, nothing loaded twice.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from reading import Reader
from repository import Repository

ROWS = 200
ROUNDS = int(os.environ.get("GSCTL_TEST_KILLS", "100"))


def hosts(parent: int) -> list[psutil.Process]:
    """The engine hosts that a gsctl started."""
    try:
        children = psutil.Process(parent).children()
        return [c for c in children if "host.py" in " ".join(c.cmdline())]
    except psutil.Error:
        return []


def kill(process: subprocess.Popen, chance: random.Random) -> str:
    """Kill gsctl, or one of its hosts, at some moment of its life."""
    time.sleep(chance.uniform(0.1, 1.4))
    victims = hosts(process.pid)
    if victims and chance.random() < 0.4:
        try:
            victims[0].send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            return "nobody"
        process.communicate(timeout=120)
        return "host"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=120)
    return "gsctl"


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_kills_at_any_moment_lose_nothing_and_the_next_apply_converges(
    people: Repository, tmp_path: Path, neug_python: Path
) -> None:
    chance = random.Random(20261124)
    repository = people
    repository.write(version=1, rows=ROWS)
    repository.applied()
    (folder,) = (tmp_path / ".gsctl/default/default/main/.graphs").iterdir()
    port = json.loads((folder / "serving.json").read_text())["port"]
    reader = Reader(neug_python, f"http://127.0.0.1:{port}")
    killed: dict[str, int] = {}
    version = 1
    try:
        for number in range(ROUNDS):
            version = number + 2
            # Every third change is one of a type, which rebuilds it and the edges that touch it.
            age = "int32" if number % 3 == 0 else "int64"
            repository.write(version=version, rows=ROWS, age=age)
            victim = kill(repository.start("apply", "-y"), chance)
            killed[victim] = killed.get(victim, 0) + 1
            if number % 10 == 9:
                repository.applied()
                assert repository.is_settled()
        repository.applied()
    finally:
        answers = reader.stop()
    assert repository.is_settled()
    assert sum(killed.values()) == ROUNDS
    whole = [a for a in answers if isinstance(a, list)]
    assert whole, "the reader never got an answer"
    for vertices, edges in whole:
        assert vertices[2] == ROWS, f"a reader found {vertices[2]} people"
        assert edges[2] == ROWS, f"a reader found {edges[2]} edges"
        assert vertices[0] == vertices[1], "a reader found two versions of people"
        assert edges[0] == edges[1], "a reader found two versions of edges"
    refused = [a for a in answers if not isinstance(a, list)]
    assert all("refused" in a or "onnection" in a or "503" in a or "losed" in a or "code" in a
               for a in refused), sorted(set(refused))[:5]  # fmt: skip
    assert repository.ages() == [version, version, ROWS]
    assert list((folder / "building").iterdir()) == []
    assert len(list((folder / "copies").iterdir())) <= 2
