"""A real server is killed again and again while somebody reads; GSCTL_TEST_KILLS sets how often."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

import psutil
import pytest
from coordinator import Coordinator, until

from reconciler.loop.crashes import LOOPS, SHORT_S

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(3600)]
KILLS = int(os.environ.get("GSCTL_TEST_KILLS", "6"))  # each waits for a life of some seconds


def other_than(kept: Coordinator, pid: int) -> psutil.Process:
    """The server that came after one that was killed."""
    until(lambda: (now := kept.server()) is not None and now.pid != pid, "a new server")
    found = kept.server()
    assert found is not None
    return found


def let_run() -> None:
    """Until the life of a server that was seen is no short one.

    The start of a process as psutil tells it may be a second too early: it knows when the machine
    began by whole seconds.
    """
    time.sleep(SHORT_S + 0.5)


def test_a_server_that_is_killed_often_is_healed_each_time_and_loses_nothing(
    kept: Coordinator,
) -> None:
    process, over, answers = kept.start(), threading.Event(), []

    def read() -> None:
        while not over.is_set():
            answers.append(kept.ages())
            over.wait(0.2)  # who heals needs the core too

    kept.await_ages(1)
    reader = threading.Thread(target=read)
    reader.start()
    try:
        server = other_than(kept, 0)
        for _ in range(KILLS):
            let_run()
            server.send_signal(signal.SIGKILL)
            server = other_than(kept, server.pid)
        kept.await_ages(1)
    finally:
        over.set()
        reader.join()
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert [1, 1] in answers
    assert all(answer in ([1, 1], None) for answer in answers)
    assert "ProgressingWithRetry" not in said, "one that ran well is back at once"


def test_a_server_that_never_lives_long_is_left_alone_for_ever_longer(kept: Coordinator) -> None:
    process, said, killed = kept.start(), [], set()
    assert process.stdout
    listener = threading.Thread(target=said.extend, args=(process.stdout,))
    listener.start()
    kept.await_ages(1)

    def given_up() -> bool:
        return any("CrashLoop" in line for line in said)

    def lives() -> bool:
        now = kept.server()
        return now is not None and now.pid not in killed

    while not given_up():
        until(lambda: given_up() or lives(), "a new server, or none for long")
        if (server := kept.server()) is not None:
            with suppress(psutil.NoSuchProcess):
                server.send_signal(signal.SIGKILL)
            killed.add(server.pid)
    kept.await_ages(1)  # it lives from now on
    process.send_signal(signal.SIGTERM)
    listener.join(timeout=60)
    assert len(killed) >= LOOPS
    assert any("ProgressingWithRetry" in line for line in said)
