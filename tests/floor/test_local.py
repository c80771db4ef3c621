"""Units are real processes: they outlive us, are found again from nothing, and end when told to."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from floor_units import OWNER, always, mark, python, sleeper

from reconciler import processes
from reconciler.contracts import UnitFailed
from reconciler.model.unit import Unit, UnitSpec
from reconciler.root import Root
from reconciler.substrates.local import LocalSubstrate

_START = """
import sys, pickle
from pathlib import Path
from reconciler.root import Root
from reconciler.substrates.local import LocalSubstrate
root, owner, spec = pickle.loads(sys.stdin.buffer.read())
print(LocalSubstrate(root, owner).start(spec, lambda: True, 10).id)
"""
_FIND = """
import sys, pickle
from reconciler.substrates.local import LocalSubstrate
print(*(u.id for u in LocalSubstrate(*pickle.loads(sys.stdin.buffer.read())).units()))
"""


def answers(port: int) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    return ask


def seen(unit: Unit, state: str, local: LocalSubstrate) -> Unit:
    """The unit, as soon as it is seen in that state."""
    while True:
        found = next(u for u in local.units() if u.id == unit.id)
        if found.state == state:
            return found


def run(script: str, *arguments) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(arguments), capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_a_server_is_started_answers_is_found_and_is_ended(
    root: Root, local: LocalSubstrate
) -> None:
    port = local.free_port("modern", None, frozenset())
    server = (sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1")
    spec = UnitSpec("modern", mark(root, port=port), server)
    unit = local.start(spec, answers(port), 30)
    assert unit.address == f"127.0.0.1:{port}"
    assert answers(port)()
    assert abs(unit.started_at - time.time()) < 60
    assert list(local.units()) == [seen(unit, "up", local)]
    assert local.units()[0].mark == spec.mark
    local.stop(unit, 10)
    assert local.units() == []
    assert not answers(port)()
    local.stop(unit, 10)  # gone is done


def test_the_same_unit_started_twice_is_one_process(root: Root, local: LocalSubstrate) -> None:
    first = local.start(sleeper(root), always, 10)
    assert local.start(sleeper(root), always, 10).id == first.id
    assert local.start(sleeper(root, copy="c2"), always, 10).id != first.id
    assert [unit.copy for unit in local.units()] == ["c1", "c2"]


def test_a_unit_outlives_its_starter_and_is_found_from_other_processes(
    root: Root, local: LocalSubstrate
) -> None:
    unit = run(_START, root, OWNER, sleeper(root))
    assert [found.id for found in local.units()] == [unit]
    assert run(_FIND, root, OWNER) == unit


def test_a_starter_that_is_killed_while_it_waits_leaves_a_unit_that_is_found(
    root: Root, local: LocalSubstrate
) -> None:
    script = _START.replace("lambda: True", "lambda: False")
    starter = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)
    assert starter.stdin is not None
    starter.stdin.write(pickle.dumps((root, OWNER, sleeper(root))))
    starter.stdin.close()
    while not local.units():
        assert starter.poll() is None
    starter.kill()
    starter.wait()
    (found,) = local.units()
    assert local.start(sleeper(root), always, 10).id == found.id


def test_a_unit_does_not_inherit_what_the_shell_had(
    root: Root, local: LocalSubstrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    code = "import os, sys; print(dict(os.environ), os.getcwd(), sys.stdin.read()); os.kill(os.getpid(), 19)"
    spec = replace(python(root, code), environment={"GLOG_minloglevel": "3"})
    unit = local.start(spec, always, 10)
    seen(unit, "stopped", local)
    (line,) = local.logs("modern", 10).lines
    assert "hunter2" not in line
    assert "'GLOG_minloglevel': '3'" in line
    assert line.endswith("} / ")


def test_children_of_a_unit_are_not_units(root: Root, local: LocalSubstrate) -> None:
    code = "import subprocess, sys; print('child', flush=True); subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    unit = local.start(python(root, code), always, 10)
    while not _children(unit):
        pass
    assert [found.id for found in local.units()] == [unit.id]
    (child,) = _children(unit)
    local.stop(unit, 0)
    while processes.find(child):
        pass  # killed with its group


def test_a_unit_that_ends_at_once_is_reported_with_its_last_words(
    root: Root, local: LocalSubstrate
) -> None:
    code = "[print('line', n) for n in range(50)]; raise SystemExit(3)"
    with pytest.raises(UnitFailed, match="Graph/modern ended with code 3 before") as failed:
        local.start(python(root, code), lambda: False, 60)
    assert failed.value.log == tuple(f"line {n}" for n in range(30, 50))
    assert local.units() == []


def test_a_unit_that_crashes_is_reported_with_its_signal(root: Root, local: LocalSubstrate) -> None:
    with pytest.raises(UnitFailed, match="by signal 6"):
        local.start(python(root, "import os; os.abort()"), lambda: False, 60)


def test_a_unit_that_is_killed_as_it_begins_is_begun_once_more(
    root: Root, local: LocalSubstrate, tmp_path: Path
) -> None:
    """Whoever killed it may have meant nobody; who is killed again is no good."""
    begun, code = tmp_path / "begun", (
        "import os, pathlib, signal, sys, time; begun = pathlib.Path({!r})\n"
        "with begun.open('a') as file: file.write('.')\n"
        "if len(begun.read_text()) <= {}: os.kill(os.getpid(), signal.SIGKILL)\n"
        "print('ready', flush=True); time.sleep(600)"
    )  # fmt: skip
    spec = python(root, code.format(str(begun), 1))
    unit = local.start(spec, lambda: list(local.logs("modern", 1).lines) == ["ready"], 60)
    assert begun.read_text() == ".."
    local.stop(unit, 0)
    begun.write_text("")
    with pytest.raises(UnitFailed, match="by signal 9 before it was ready"):
        local.start(python(root, code.format(str(begun), 9)), lambda: False, 60)
    assert begun.read_text() == ".."


def test_a_command_that_is_not_there_is_reported(root: Root, local: LocalSubstrate) -> None:
    with pytest.raises(UnitFailed, match="cannot be started"):
        local.start(UnitSpec("x", mark(root), ("/no/such/python",)), always, 10)


def test_a_unit_that_does_not_get_ready_in_time_is_ended(root: Root, local: LocalSubstrate) -> None:
    with pytest.raises(UnitFailed, match=r"was not ready within 0\.2 s"):
        local.start(sleeper(root), lambda: False, 0.2)
    assert local.units() == []


def test_a_unit_that_was_there_before_is_not_ended_for_being_slow(
    root: Root, local: LocalSubstrate
) -> None:
    unit = local.start(sleeper(root), always, 10)
    with pytest.raises(UnitFailed, match="was not ready"):
        local.start(sleeper(root), lambda: False, 0.1)
    assert [found.id for found in local.units()] == [unit.id]


def test_a_killed_unit_is_gone_though_we_are_its_parent(root: Root, local: LocalSubstrate) -> None:
    unit = local.start(sleeper(root), always, 10)
    os.kill(int(unit.id.partition("@")[0]), signal.SIGKILL)
    while local.units():
        pass
    again = local.start(sleeper(root), always, 10)
    assert again.id != unit.id


def test_a_stopped_unit_is_seen_as_such_and_still_ends_gracefully(
    root: Root, local: LocalSubstrate
) -> None:
    code = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(print('closed'))); print('ready'); time.sleep(600)"
    unit = local.start(
        python(root, code), lambda: list(local.logs("modern", 1).lines) == ["ready"], 30
    )
    os.kill(int(unit.id.partition("@")[0]), signal.SIGSTOP)
    local.stop(seen(unit, "stopped", local), 30)
    assert list(local.logs("modern", 1).lines) == ["closed"]


def test_a_unit_that_ignores_the_request_is_killed(root: Root, local: LocalSubstrate) -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('ready'); time.sleep(600)"
    unit = local.start(
        python(root, code), lambda: list(local.logs("modern", 1).lines) == ["ready"], 30
    )
    local.stop(unit, 0.2)
    assert local.units() == []


def test_a_process_that_took_over_the_number_of_a_unit_is_left_alone(
    root: Root, local: LocalSubstrate
) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        here = processes.find(other.pid)
        assert here is not None
        local.stop(Unit(f"{here.pid}@{here.created - 5}", mark(root), "up"), 0.2)
        # A signal that was sent would be seen before the answer.
        assert other.communicate(b"alive")[0] == b"alive"


def test_units_of_another_root_are_named_and_never_touched(
    root: Root, local: LocalSubstrate, tmp_path: Path
) -> None:
    (tmp_path / "checkout").mkdir()
    other = Root.open(tmp_path / "checkout" / ".gsctl")
    theirs = LocalSubstrate(other, OWNER).start(sleeper(other), always, 10)
    assert local.units() == []
    (found,) = local.elsewhere()
    assert (found.id, found.mark.root_path) == (theirs.id, str(other.path))
    with pytest.raises(ValueError, match="checkout"):
        local.stop(found, 0)
    ours = local.start(sleeper(root), always, 10)
    assert [unit.id for unit in local.units()] == [ours.id]


def test_another_environment_and_another_project_of_the_same_name_see_nothing(
    root: Root, local: LocalSubstrate
) -> None:
    local.start(sleeper(root), always, 10)
    for owner in (replace(OWNER, environment="dev"), replace(OWNER, id="zzzzzzzz")):
        other = LocalSubstrate(root, owner)
        assert (other.units(), other.elsewhere()) == ([], [])


def test_a_root_that_was_moved_takes_its_units_along(
    root: Root, local: LocalSubstrate, tmp_path: Path
) -> None:
    unit = local.start(sleeper(root), always, 10)
    moved = Root.peek(root.path.rename(tmp_path / "moved"))
    assert [found.id for found in LocalSubstrate(moved, OWNER).units()] == [unit.id]


def test_a_copy_of_a_root_owns_none_of_its_units(
    root: Root, local: LocalSubstrate, tmp_path: Path
) -> None:
    unit = local.start(sleeper(root), always, 10)
    copied = LocalSubstrate(Root.peek(shutil.copytree(root.path, tmp_path / "copy")), OWNER)
    assert copied.units() == []
    assert [found.id for found in copied.elsewhere()] == [unit.id]


def test_a_root_made_anew_at_its_place_owns_what_ran_from_there(
    root: Root, local: LocalSubstrate
) -> None:
    unit = local.start(sleeper(root), always, 10)
    (root.path / "root.json").unlink()
    anew = Root.open(root.path)
    assert anew.id != root.id
    assert [found.id for found in LocalSubstrate(anew, OWNER).units()] == [unit.id]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}'])
def test_a_process_with_a_mark_that_cannot_be_read_is_no_unit(
    local: LocalSubstrate, text: str
) -> None:
    environment = {**os.environ, "GSCTL_UNIT": text}
    process = subprocess.Popen(["sleep", "600"], env=environment, start_new_session=True)
    try:
        assert local.units() == []
    finally:
        process.kill()
        process.wait()


def test_processes_are_seen_the_same_without_proc(
    root: Root, local: LocalSubstrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.start(sleeper(root), always, 10)
    (by_proc,) = local.units()
    monkeypatch.setattr(processes, "_has_proc", lambda: False)
    (by_psutil,) = local.units()
    assert (by_psutil.mark, by_psutil.state) == (by_proc.mark, "up")
    assert abs(by_psutil.started_at - by_proc.started_at) < 5
    local.stop(by_psutil, 10)
    assert local.units() == []


def test_a_missing_root_is_not_made_by_starting_a_unit(tmp_path: Path) -> None:
    root = Root(tmp_path / "not-mounted" / ".gsctl", "0" * 16)
    with pytest.raises(FileNotFoundError):
        LocalSubstrate(root, OWNER).start(sleeper(root), always, 10)


def _children(unit: Unit) -> list[int]:
    pid = int(unit.id.partition("@")[0])
    return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
