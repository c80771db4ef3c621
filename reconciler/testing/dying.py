"""A gsctl that dies: a process of its own does one step, and is killed at the first sign of life.

`python -m reconciler.testing.dying`, with what it is to do on its input; on its output the
processes that it leaves behind.
"""

from __future__ import annotations

import base64
import importlib
import os
import pickle
import signal
import subprocess
import sys
from types import ModuleType
from typing import Any

from reconciler.model.step import Step
from reconciler.testing.bench import Bench, Subject

_MOST_S = 120.0


def die_in(bench: Bench, step: Step) -> list[int]:
    """Let a gsctl die in `step`. The lease must be free. The processes that it had started."""
    task = (_named(bench.subject.plugin), bench.subject.mode, bench.folder, bench.owner, step)
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-m", "reconciler.testing.dying"],
        input=base64.b64encode(pickle.dumps(task)), capture_output=True, timeout=_MOST_S,
        env={**os.environ, "PYTHONPATH": path}, check=False,
    )  # fmt: skip
    died = done.returncode == -signal.SIGKILL
    assert died, f"the process that was to die has failed: {done.stderr.decode()[-2000:]}"
    return [int(pid) for pid in done.stdout.split()]


def _named(plugin: Any) -> Any:
    """What another process finds a plugin by."""
    return plugin.__name__ if isinstance(plugin, ModuleType) else plugin


def main() -> None:
    """Do what is told until the first progress, and die."""
    named, mode, folder, owner, step = pickle.loads(base64.b64decode(sys.stdin.buffer.read()))  # noqa: S301  from our own parent
    plugin = importlib.import_module(named) if isinstance(named, str) else named
    _die(Bench(Subject(plugin, mode), folder, owner), step)


def _die(bench: Bench, step: Step) -> None:
    next(bench.driver.execute(step), None)
    print(*bench.substrate.helpers(), flush=True)  # noqa: T201  for our parent
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
