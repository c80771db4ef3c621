"""A coordinator's process for the benchmarks: started, asked, ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.perf.measuring import environment, gsctl

TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Serving:
    """A coordinator's process and its address."""

    pid: int
    url: str

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=120) as answer:
            return json.load(answer)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_S

    def mib(self, mark: str) -> float:
        """Its memory: `VmRSS` now, `VmHWM` at most."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(mark)) / 1024

    def forget_peak(self) -> None:
        """The next `VmHWM` is of what comes from now on."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def counted(self) -> bool:
        """Whether it knows the rows of every graph: they are counted a few a turn."""
        items = self.get("/v1/resources/Graph")["items"]
        return all(item["status"]["counts"] is not None for item in items)

    def number(self, name: str) -> float:
        """One of its metrics, whatever its labels; 0 before it was told."""
        with urllib.request.urlopen(self.url + "/metrics", timeout=120) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def looks(self) -> float:
        """When it last looked, in UTC seconds."""
        return self.number("gsctl_last_look_timestamp_seconds")

    def settled(self) -> float:
        """How many turns found nothing to do."""
        return self.number(
            'gsctl_reconcile_duration_seconds_count{environment="default",result="settled"}'
        )


@contextmanager
def serving(folder: Path, interval: str = "30s") -> Iterator[Serving]:
    """One that has looked and found nothing to do."""
    process = started(folder, interval)
    try:
        found = Serving(process.pid, address(process))
        until(lambda: found.settled() > 0 and found.looks() > 0, "it is settled")
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def started(folder: Path, interval: str = "30s") -> subprocess.Popen[str]:
    command = gsctl("serve", "--interval", interval, "--http", "127.0.0.1:0", "--insecure-loopback")
    return subprocess.Popen(command, cwd=folder, env={**environment(), "PYTHONUNBUFFERED": "1"},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    said = next((line for line in process.stdout if "answering at " in line), "")
    assert said, "it ended before it answered"
    threading.Thread(target=process.stdout.read, daemon=True).start()  # or it would block
    return said.partition("answering at ")[2].strip()


def until(holds: Callable[[], bool], what: str, within_s: float = 300) -> None:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            if holds():
                return
        time.sleep(0.05)
    raise RuntimeError(f"not in {within_s:.0f} s: {what}")
