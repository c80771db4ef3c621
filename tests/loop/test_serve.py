"""A real coordinator keeps a real graph: applied, healed, followed, and taken over."""

from __future__ import annotations

import signal
import time

import pytest
from coordinator import Coordinator, until

pytestmark = [pytest.mark.engine, pytest.mark.slow]


def test_a_coordinator_applies_heals_and_follows_its_files(kept: Coordinator) -> None:
    process = kept.start()
    kept.await_ages(1)
    server = kept.server()
    assert server is not None
    server.send_signal(signal.SIGKILL)
    until(lambda: (now := kept.server()) is not None and now.pid != server.pid, "a new server")
    kept.await_ages(1)
    kept.repository.write(version=2, rows=20)
    kept.await_ages(2)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert kept.writer() is None, "the lease is released"
    assert kept.ages() == [2, 2], "the graph goes on without its coordinator"


def test_a_server_that_ends_while_it_cannot_be_seen_is_missed_all_the_same(
    kept: Coordinator,
) -> None:
    process = kept.start()
    kept.await_ages(1)
    server = kept.server()
    assert server is not None
    server.send_signal(signal.SIGSTOP)
    (kept.repository.path / "gsctl.yaml").touch()
    assert process.stdout
    assert any("SIGSTOP" in line for line in process.stdout), "it looked, and could not see it"
    server.kill()
    until(lambda: (now := kept.server()) is not None and now.pid != server.pid, "a new server")
    kept.await_ages(1)


def test_a_relay_that_ends_is_started_again_at_once(kept: Coordinator) -> None:
    kept.repository.write(rows=20, endpoint="relay: true")
    kept.start()
    kept.await_ages(1)
    time.sleep(4.0)  # until nothing wakes it any more but what ends
    relay = kept.relay()
    assert relay is not None
    relay.kill()
    until(lambda: (now := kept.relay()) is not None and now.pid != relay.pid, "a new relay")
    kept.await_ages(1)


def test_a_folder_that_cannot_be_watched_yet_is_watched_later(kept: Coordinator) -> None:
    missing = kept.repository.path.parent / "disk"
    process = kept.repository.start("serve", "--interval", "1h", "--data-root", str(missing))
    assert process.stdout
    assert any("CO107" in line for line in process.stdout), "it says so"
    kept.await_ages(1)
    missing.mkdir()
    kept.repository.write(version=2, rows=20)
    kept.await_ages(2)


def test_documents_that_are_not_right_are_not_followed_and_the_world_is_healed(
    kept: Coordinator,
) -> None:
    process = kept.start()
    kept.await_ages(1)
    project = kept.repository.path / "gsctl.yaml"
    good = project.read_text()
    project.write_text(good.replace("kind: Engine", "kind: Engin"))
    server = kept.server()
    assert server is not None
    server.send_signal(signal.SIGKILL)
    project_is_broken = kept.repository.gsctl("validate").returncode == 1
    assert project_is_broken
    until(lambda: (now := kept.server()) is not None and now.pid != server.pid, "a new server")
    project.write_text(good)
    kept.await_ages(1)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert "RF102" in said, said


def test_documents_that_nobody_can_read_yet_are_waited_for(kept: Coordinator) -> None:
    project = kept.repository.path / "gsctl.yaml"
    good = project.read_text()
    project.write_text("")
    process = kept.start()
    assert process.stdout
    assert any("SC109" in line for line in process.stdout), "it says what is wrong and goes on"
    project.write_text(good)
    kept.await_ages(1)
    server = kept.server()
    assert server is not None
    server.send_signal(signal.SIGKILL)
    until(lambda: (now := kept.server()) is not None and now.pid != server.pid, "a new server")
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said


def test_a_second_coordinator_stands_by_and_takes_over(kept: Coordinator) -> None:
    first = kept.start()
    kept.await_ages(1)
    assert kept.writer() == first.pid
    second = kept.start()
    kept.repository.write(version=2, rows=20)
    kept.await_ages(2)
    assert kept.writer() == first.pid
    first.kill()
    first.communicate(timeout=60)
    until(lambda: kept.writer() == second.pid, "the second one leads")
    kept.repository.write(version=3, rows=20)
    kept.await_ages(3)
    second.send_signal(signal.SIGTERM)
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0, said
    assert "standing by" in said
