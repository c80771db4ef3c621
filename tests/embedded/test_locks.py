"""Who holds a database open, told from the kernel's own list of locks."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.embedded.client import HOST
from reconciler.embedded.locks import Holder, holder, locks
from reconciler.processes import find

# Its first thread ends and leaves a zombie, as `kill -9` does; another lives on and holds the lock.
DYING = """
import ctypes, fcntl, os, sys, threading, time
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.lockf(lock, fcntl.LOCK_EX)
def last():
    sys.stdin.read()
    time.sleep(0.3)
    os._exit(0)
threading.Thread(target=last).start()
print("held", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def test_a_lock_is_told_with_its_holder(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    assert holder(file, locks()) is None  # no file
    file.touch()
    assert holder(file, locks()) is None
    with file.open("r+") as held:
        fcntl.lockf(held, fcntl.LOCK_EX)
        assert holder(file, locks()) == Holder(os.getpid(), writes=True)
    assert holder(file, locks()) is None


def test_a_process_that_is_dying_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", DYING, str(file)], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "held\n"
        while (seen := find(process.pid)) and seen.state != "ending":
            time.sleep(0.005)
        seen = locks()
        process.stdin.close()
        assert any(held.pid == process.pid for held in seen.values())
        assert holder(file, seen) is None


# What a real host loads as its engine: it holds the lock, and does not let go before it may.
ENGINE = """
import atexit, fcntl, os, time
lock = os.open({0!r}, os.O_RDWR | os.O_CREAT)
fcntl.lockf(lock, fcntl.LOCK_EX)
def last():
    while not os.path.exists({0!r} + ".go"): time.sleep(0.01)
atexit.register(last)
"""


def test_a_host_that_its_gsctl_left_holds_nothing_where_nobody_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.embedded.locks._DYING_S", 60.0)
    file, engine = tmp_path / "lock", tmp_path / "engine.py"
    engine.write_text(ENGINE.format(str(file)))
    with subprocess.Popen([sys.executable, str(HOST), str(engine), "work"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdin
        while not (file.exists() and holder(file, locks())):
            assert process.poll() is None
        process.stdin.close()
        seen = locks()
        assert holder(file, seen) == Holder(process.pid, writes=True), "a gsctl writes"
        threading.Timer(0.1, (tmp_path / "lock.go").touch).start()
        assert holder(file, seen, alone=True) is None
