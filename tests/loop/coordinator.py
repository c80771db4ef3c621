"""Starts real coordinators over a repository, and waits for what they bring about."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
from repository import Repository

DEADLINE_S = 60.0  # never reached on a quiet machine; a busy one shall not fail a test


@dataclass(frozen=True)
class Coordinator:
    """A repository, and the ways a test has to keep it and to disturb it."""

    repository: Repository

    def start(self) -> subprocess.Popen[str]:
        """Start another coordinator; it looks by itself only every hour."""
        return self.repository.start("serve", "--interval", "1h")

    def ages(self) -> list[int] | None:
        """The lowest and the highest version that a reader finds; None where nobody answers."""
        asked = self.repository.gsctl("call", "ages", "--json")
        return json.loads(asked.stdout)["rows"][0][:2] if asked.returncode == 0 else None

    def server(self) -> psutil.Process | None:
        """The process that serves the graph."""
        return self._process("serve", "host.py")

    def relay(self) -> psutil.Process | None:
        """The process that stands before it."""
        return self._process("reconciler.relay")

    def _process(self, *ends: str) -> psutil.Process | None:
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
            except psutil.Error:
                continue
            ours = any(str(self.repository.path) in word for word in words)
            if ours and all(any(word.endswith(end) for word in words) for end in ends):
                return process
        return None

    def await_ages(self, version: int) -> None:
        """Wait until a reader finds this version."""
        until(lambda: self.ages() == [version, version], f"version {version}")

    def writer(self) -> int | None:
        """The number of the process that holds the lease."""
        lease = self.repository.path / ".gsctl/default/lease.json"
        holder = json.loads(lease.read_text())["holder"] if lease.exists() else None
        return holder["pid"] if holder else None


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds; fails after a minute."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"not within a minute: {what}"
        time.sleep(0.05)
