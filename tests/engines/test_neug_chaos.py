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
import threading
import time
from pathlib import Path

import psutil
import pytest
from repository import Repository

ROWS = 200
ROUNDS = int(os.environ.get("GSCTL_TEST_KILLS", "100"))
READER = """
import json, logging, os, sys, time
os.environ["GLOG_minloglevel"] = "3"
logging.disable(logging.CRITICAL)
from neug import Session
session = None
while True:
    try:
        session = session or Session(sys.argv[1], timeout="5s")
        rows = list(session.execute(
            "MATCH (p:Person) RETURN min(p.age) AS a, max(p.age) AS b, count(p) AS n",
            access_mode="r"))
        edges = list(session.execute(
            "MATCH (:Person)-[e:KNOWS]->(:Person) RETURN min(e.since), max(e.since), count(e)",
            access_mode="r"))
        print(json.dumps([rows[0], edges[0]]), flush=True)
    except Exception as error:
        session = None
        print(json.dumps(str(error)[:200]), flush=True)
        time.sleep(0.01)
"""


class Reader:
    """A client of the graph's server that never stops asking."""

    def __init__(self, python: Path, url: str) -> None:
        self.process = subprocess.Popen([str(python), "-c", READER, url], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)  # fmt: skip
        self.answers: list[object] = []
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.answers.append(json.loads(line))

    def stop(self) -> list[object]:
        self.process.kill()
        self.process.wait()
        self.thread.join()
        self.process.stdout.close()
        return self.answers


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
    ((low, high, n),) = json.loads(repository.gsctl("call", "ages", "--json").stdout)["rows"]
    assert (low, high, n) == (version, version, ROWS)
    assert list((folder / "building").iterdir()) == []
    assert len(list((folder / "copies").iterdir())) <= 2
