"""kill -9 of gsctl, of servers and of relays around a relayed switch, beside a reader."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from asking import Asking
from relayed import RELAY, counted, pointer, units
from repository import Repository

pytestmark = [pytest.mark.engine, pytest.mark.slow]
ROUNDS = int(os.environ.get("GSCTL_TEST_KILLS", "12"))


@pytest.mark.timeout(900)
def test_no_reader_notices_that_gsctl_dies_inside_a_switch(people: Repository) -> None:
    people.write(version=1, rows=20, endpoint=RELAY)
    people.applied()
    version, boundary, two_ran = 1, 0, 0
    with Asking(pointer(people).port) as reader:
        while True:
            version, boundary = version + 1, boundary + 1
            people.write(version=version, rows=20, endpoint=RELAY)
            if people.die_at(boundary, "Switch") == 0:
                break
            two_ran += counted(people) == (2, 1)
            people.applied()
            assert people.is_settled()
            assert counted(people) == (1, 1), f"after boundary {boundary}"
    assert boundary > 4
    assert two_ran >= 2, "it died while two servers ran"
    assert reader.errors == []
    assert reader.connections == 1
    assert len(set(reader.answers)) == version


@pytest.mark.timeout(900)
def test_kills_at_any_moment_converge_and_only_those_who_spoke_with_the_dead_notice(
    people: Repository,
) -> None:
    people.write(version=1, rows=50, endpoint=RELAY)
    people.applied()
    version = 1
    with Asking(pointer(people).port) as reader:
        for version, (victim, after_s, which) in enumerate(story(), 2):
            people.write(version=version, rows=50, endpoint=RELAY)
            process = people.start("apply", "-y")
            time.sleep(after_s)
            noted = len(reader.errors)
            if victim == "gsctl":
                os.kill(process.pid, signal.SIGKILL)
            elif found := units(people)[victim]:
                found[int(which * len(found))].kill()
            process.communicate(timeout=120)
            if victim == "gsctl":
                assert len(reader.errors) == noted, f"round {version}: {reader.errors[noted:]}"
            people.applied()
            assert counted(people) == (1, 1), f"round {version}, killed: {victim}"
        assert people.is_settled()
    assert people.ages() == [version, version, 50]


def story() -> list[tuple[str, float, float]]:
    """Whom to kill, when, and which of several: the same story however many there are by then."""
    chance = random.Random(20261124)
    blocks = (chance.sample(["gsctl", "gsctl", "server", "relay"], 4) for _ in range(ROUNDS))
    victims = [victim for block in blocks for victim in block][:ROUNDS]
    return [(victim, chance.uniform(0.3, 3.0), chance.random()) for victim in victims]
