"""kill -9 of the coordinator, of the server that it keeps, or of both, again and again, beside a reader.

However it was hit it heals by itself: the reader finds the whole version that was there, or the
whole one that is declared by now, and the end is as declared, with nothing loaded twice.
GSCTL_TEST_KILLS sets how often, GSCTL_TEST_SEED which story.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from coordinator import Coordinator, until
from reading import Reader

ROWS = 200
ROUNDS = int(os.environ.get("GSCTL_TEST_KILLS", "100"))
SEED = int(os.environ.get("GSCTL_TEST_SEED", "20261124"))
# Each in turn, in any order: a server that ends young too often is left alone for longer.
VICTIMS = ("server", "coordinator", "both")


@dataclass
class Chaos:
    """One story by seed."""

    kept: Coordinator
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    version: int = 1
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.process = self.kept.start()
        self.kept.await_ages(1)

    @property
    def story(self) -> str:
        return f"seed {SEED}: {', '.join(self.told[-8:])}"

    def victims(self) -> list[str]:
        """Whom to kill, round after round."""
        blocks = (self.chance.sample(VICTIMS, 3) for _ in range(ROUNDS // 3 + 1))
        return [victim for block in blocks for victim in block][:ROUNDS]

    def disturb(self, victim: str) -> None:
        """Perhaps new data, a moment, and a kill."""
        if self.chance.random() < 0.5:
            self.version += 1
            self.kept.repository.write(version=self.version, rows=ROWS)
        time.sleep(self.chance.uniform(0.0, 1.5))
        self.told.append(f"{victim} at version {self.version}")
        server = self.kept.server() if victim != "coordinator" else None
        if victim != "server":
            self.process.send_signal(signal.SIGKILL)
        if server:
            server.kill()
        if victim != "server":
            self.process.communicate(timeout=60)
            self.process = self.kept.start()

    def evidence(self, reader: Reader) -> str:
        """What can be seen where it did not heal: what a person would look at."""
        seen = [f"reader {reader.process.poll()}: {reader.answers[-3:]}"]
        for words in (("get",), ("plan", "--explain"), ("logs", "Graph/people")):
            asked = self.kept.repository.gsctl(*words)
            seen.append(f"{' '.join(words)}: {asked.stdout}{asked.stderr}")
        self.process.kill()
        return "\n".join((*seen, f"it said: {self.process.communicate(timeout=60)[0]}"))

    def await_healed(self, reader: Reader) -> None:
        """The reader finds the version that is declared, asked after the kill; somebody leads."""
        before, whole = len(reader.answers), versions(self.version)
        until(lambda: whole in reader.answers[before:][-2:], f"healed; {self.story}")
        until(lambda: self.kept.writer() == self.process.pid, f"it leads; {self.story}")


def versions(version: int) -> list[list[int]]:
    """What a reader finds of a version: the lowest, the highest, the rows; of people, of edges."""
    return [[version, version, ROWS], [version, version, ROWS]]


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_whatever_is_killed_is_healed_and_every_answer_is_whole(
    kept: Coordinator, neug_python: Path
) -> None:
    kept.repository.write(version=1, rows=ROWS)
    chaos = Chaos(kept)
    (graph,) = (kept.repository.path / ".gsctl/default/default/main/.graphs").iterdir()
    port = json.loads((graph / "serving.json").read_text())["port"]
    reader = Reader(neug_python, f"http://127.0.0.1:{port}")
    try:
        for victim in chaos.victims():
            chaos.disturb(victim)
            chaos.await_healed(reader)
        # Readers are first: what the killed left lying goes after they have their answer.
        until(lambda: len(list((graph / "copies").iterdir())) <= 2, f"it is tidy; {chaos.story}")
    except AssertionError as error:
        pytest.fail(f"{error}\n{chaos.evidence(reader)}")
    finally:
        answers = reader.stop()
    chaos.process.send_signal(signal.SIGTERM)
    said, _ = chaos.process.communicate(timeout=60)
    assert chaos.process.returncode == 0, said
    for people, edges in [answer for answer in answers if isinstance(answer, list)]:
        assert people[0] == people[1] <= chaos.version, f"two versions of people; {chaos.story}"
        assert edges[0] == edges[1] <= chaos.version, f"two versions of edges; {chaos.story}"
        assert people[2] == edges[2] == ROWS, f"rows are missing; {chaos.story}"
    assert len(chaos.told) == ROUNDS
    assert kept.repository.is_settled(), chaos.story
    assert kept.repository.ages() == [chaos.version, chaos.version, ROWS]
    assert list((graph / "building").iterdir()) == []
    assert len(list((graph / "copies").iterdir())) <= 2
