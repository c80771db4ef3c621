"""A process that was killed is over when all of its threads are: till then its port is taken."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconciler import processes
from reconciler.contracts import UnitFailed
from reconciler.substrates import ports
from reconciler.substrates.local import LocalSubstrate

LISTENS = """
import socket, sys, threading, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
"""
# Its first thread ends and leaves a zombie, as `kill -9` does; another keeps the port for a while.
DYING = f"""{LISTENS}
import ctypes, os
def last():
    time.sleep(float(sys.argv[2]))
    os._exit(0)
threading.Thread(target=last).start()
print("listens", flush=True)
ctypes.CDLL(None).pthread_exit(None)
"""


def test_who_is_over_has_left_his_port(local: LocalSubstrate) -> None:
    port = local.free_port("dying", None, frozenset())
    with dying(port, 0.5) as process:
        seen = processes.find(process.pid)
        assert seen
        while processes.lives(seen.pid, seen.created):
            pass
        assert ports.is_free(port)


def test_the_port_of_one_that_somebody_killed_is_waited_for(local: LocalSubstrate) -> None:
    port = local.free_port("dying", None, frozenset())
    with dying(port, 0.5):
        assert not ports.is_free(port)
        assert local.free_port("dying", port, frozenset()) == port


def test_a_port_that_stays_taken_is_not_waited_for_without_end(
    local: LocalSubstrate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "_DYING_S", 0.2)
    port = local.free_port("dying", None, frozenset())
    with dying(port, 600) as process:
        with pytest.raises(UnitFailed, match=f"port {port} is in use"):
            local.free_port("dying", port, frozenset())
        process.kill()


def dying(port: int, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", DYING, str(port), str(seconds)], text=True,
                               stdout=subprocess.PIPE)  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "listens\n"
    while (seen := processes.find(process.pid)) and seen.state != "ending":
        pass
    assert seen
    return process
