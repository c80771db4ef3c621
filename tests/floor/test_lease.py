"""One writer: real processes that die, stop, sleep and wake up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler import lease, processes
from reconciler.holder import Holder
from reconciler.lease import LeaseHeld, LeaseLost, acquire

_HOLD = """
import sys
from pathlib import Path
from reconciler.holder import Holder
from reconciler.lease import LeaseLost, acquire
held = acquire(Path(sys.argv[1]), Holder.here("holder"), 0, float(sys.argv[2]))
print(held.epoch, flush=True)
for line in sys.stdin:
    try:
        print("wrote", held.check(), flush=True)
    except LeaseLost as error:
        print("lost:", error, flush=True)
"""

_RACE = """
import sys
from pathlib import Path
from reconciler.holder import Holder
from reconciler.lease import LeaseHeld, acquire
for line in sys.stdin:
    try:
        held = acquire(Path(sys.argv[1]), Holder.here("racer"))
    except LeaseHeld:
        print("held", flush=True)
        sys.stdin.readline()
    else:
        print(held.check(), flush=True)
        sys.stdin.readline()
        held.release()
    print("next", flush=True)
"""


def epoch_in(path: Path) -> int:
    """The epoch as an engine's host reads it: from the file, with nothing of ours."""
    return json.loads(path.read_text())["epoch"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "default" / "lease.json"


@contextmanager
def _holder(path: Path, ttl_s: float) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path), str(ttl_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert int(process.stdout.readline()) == epoch_in(path)
            yield process
        finally:
            process.kill()


def _ask(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    print(file=process.stdin, flush=True)
    return process.stdout.readline().strip()


def test_each_acquisition_raises_the_epoch_by_one(path: Path) -> None:
    epochs = []
    for _ in range(3):
        with acquire(path, Holder.here("apply")) as held:
            assert held.check() == held.epoch == epoch_in(path)
            epochs.append(held.epoch)
    assert epochs == list(range(epochs[0], epochs[0] + 3))
    after = lease.read(path)
    assert after is not None
    assert after.holder is None
    assert after.epoch == epochs[-1]  # a host that was started under it may go on


def test_a_second_writer_is_refused_and_told_who_writes(path: Path) -> None:
    with acquire(path, Holder.here("gsctl serve", "http://127.0.0.1:8080")):
        with pytest.raises(LeaseHeld, match=r"gsctl serve.*8080") as refused:
            acquire(path, Holder.here("gsctl apply"))
        assert refused.value.holder is not None
        assert refused.value.holder.pid == os.getpid()


def test_a_second_writer_that_waits_gets_it_when_the_first_is_done(path: Path) -> None:
    first = acquire(path, Holder.here("first"))
    freed = threading.Timer(0.2, first.release)
    freed.start()
    with acquire(path, Holder.here("second"), wait_s=60) as second:
        assert second.epoch == first.epoch + 1
    freed.join()
    with pytest.raises(LeaseLost, match="passed on"):
        first.check()


def test_a_killed_holder_frees_the_lease_at_once(path: Path) -> None:
    with _holder(path, ttl_s=3600) as holder:
        with pytest.raises(LeaseHeld):
            acquire(path, Holder.here("apply"))
        holder.kill()
        holder.wait()
        acquire(path, Holder.here("apply"), wait_s=0).release()


def test_a_holder_that_is_dead_but_not_reaped_frees_the_lease(path: Path) -> None:
    with _holder(path, ttl_s=3600) as holder:
        holder.kill()
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
        acquire(path, Holder.here("apply")).release()


def test_a_number_that_passed_to_another_process_holds_nothing(path: Path) -> None:
    me = Holder.here("apply")
    earlier = replace(me, create_time=me.create_time - 5)
    with acquire(path, earlier, ttl_s=3600):
        acquire(path, me).release()


def test_a_stopped_holder_loses_the_lease_and_cannot_write_when_it_wakes_up(path: Path) -> None:
    with _holder(path, ttl_s=0.5) as holder:
        epoch = epoch_in(path)
        assert _ask(holder) == f"wrote {epoch}"
        os.kill(holder.pid, signal.SIGSTOP)
        with acquire(path, Holder.here("second"), wait_s=60, ttl_s=3600) as second:
            assert second.epoch == epoch + 1
            os.kill(holder.pid, signal.SIGCONT)
            assert _ask(holder).startswith("lost: the lease has passed on: `second`")
            assert second.check() == epoch + 1 == epoch_in(path)
        assert _ask(holder).startswith("lost:")  # also when it is free again


def test_a_holder_that_slept_past_its_expiry_goes_on_when_nobody_took_it(path: Path) -> None:
    with _holder(path, ttl_s=0.2) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        state = lease.read(path)
        while state is not None and not state.expired():
            state = lease.read(path)
        assert state is not None
        assert not state.in_force()
        os.kill(holder.pid, signal.SIGCONT)
        assert _ask(holder) == f"wrote {state.epoch}"


def test_of_two_processes_that_ask_at_once_one_gets_it(path: Path) -> None:
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", _RACE, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        for _ in range(2)
    ]
    epochs = []
    for _ in range(20):
        answers = sorted(_together(racers))
        assert answers[1] == "held"
        epochs.append(int(answers[0]))
        assert _together(racers) == ["next", "next"]
    assert epochs == list(range(epochs[0], epochs[0] + 20))
    assert [racer.communicate()[0] for racer in racers] == ["", ""]


def _together(processes: list[subprocess.Popen[str]]) -> list[str]:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
    return [process.stdout.readline().strip() for process in processes if process.stdout]


def test_a_check_past_the_expiry_renews_what_nobody_took(path: Path) -> None:
    with acquire(path, Holder.here("apply"), ttl_s=3600) as held:
        data = json.loads(path.read_text())
        path.write_text(json.dumps({**data, "expires_uptime": 0.0}))  # as after a long sleep
        assert held.check() == held.epoch
        state = lease.read(path)
        assert state is not None
        assert state.in_force()


def test_a_holder_elsewhere_keeps_it_until_the_clock_says_that_it_expired(path: Path) -> None:
    far = replace(Holder.here("apply"), host="elsewhere", machine="elsewhere", pid=1)
    with acquire(path, far, ttl_s=3600):
        with pytest.raises(LeaseHeld, match="elsewhere"):
            acquire(path, Holder.here("apply"))
        data = json.loads(path.read_text())
        data["expires_at"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        path.write_text(json.dumps(data))
        acquire(path, Holder.here("apply")).release()


def test_a_clock_that_jumps_takes_the_lease_from_nobody_on_the_same_machine(path: Path) -> None:
    with acquire(path, Holder.here("first"), ttl_s=3600) as held:
        data = json.loads(path.read_text())
        data["expires_at"] = "2001-01-01T00:00:00+00:00"  # as a clock set forward makes it look
        path.write_text(json.dumps(data))
        with pytest.raises(LeaseHeld):
            acquire(path, Holder.here("second"))
        held.check()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.unlink(), id="the file is gone"),
        pytest.param(lambda path: path.write_text("{"), id="the file is damaged"),
        pytest.param(lambda path: path.write_text('{"format": 1}'), id="the file is another one"),
    ],
)
def test_a_lost_file_ends_the_holder_and_repeats_no_epoch(path: Path, damage) -> None:
    with acquire(path, Holder.here("first"), ttl_s=3600) as first:
        damage(path)
        with pytest.raises(LeaseLost):
            first.check()
        with acquire(path, Holder.here("second")) as second:
            assert second.epoch > 1_700_000_000
            with pytest.raises(LeaseLost):
                first.check()


def test_a_place_that_is_not_mounted_any_more_ends_the_holder(path: Path) -> None:
    with acquire(path, Holder.here("apply")) as held:
        path.parent.rename(path.parent.with_name("away"))
        with pytest.raises(LeaseLost, match="cannot be kept"):
            held.check()
        with pytest.raises(FileNotFoundError):
            acquire(path.parent / "deeper" / "lease.json", Holder.here("apply"))


def test_a_lease_of_a_newer_gsctl_is_neither_taken_nor_changed(path: Path) -> None:
    path.parent.mkdir()
    text = json.dumps({"format": 2, "epoch": 1})
    path.write_text(text)
    with pytest.raises(OSError, match="newer gsctl"):
        acquire(path, Holder.here("apply"))
    assert path.read_text() == text


def test_a_holder_in_its_time_is_renewed_without_asking(path: Path) -> None:
    with acquire(path, Holder.here("apply"), ttl_s=0.3):
        first = lease.read(path)
        assert first is not None
        seen = first
        while seen.expires_uptime <= first.expires_uptime:
            seen = lease.read(path) or seen
        assert seen.epoch == first.epoch


def test_reading_disturbs_nobody_and_makes_nothing(path: Path) -> None:
    assert lease.read(path) is None
    assert not path.parent.exists()


def test_release_of_a_lost_lease_leaves_the_new_holder_alone(path: Path) -> None:
    me = Holder.here("first")
    first = acquire(path, replace(me, create_time=me.create_time - 5))
    with acquire(path, Holder.here("second")) as second:
        first.release()
        assert second.check() == second.epoch


def test_this_process_lives_and_its_earlier_namesake_does_not() -> None:
    me = processes.find(os.getpid())
    assert me is not None
    assert processes.lives(me.pid, me.created)
    assert not processes.lives(me.pid, me.created + 0.01)
