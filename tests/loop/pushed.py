"""A repository of git that is pushed to, and real coordinators that follow it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from coordinator import until
from leftovers import end_processes, started
from repository import Repository
from warm import gsctl

sys.path.append(str(Path(__file__).parents[1] / "git"))

from upstream import Upstream


@dataclass(frozen=True)
class Pushed:
    """A repository that is pushed to, and those who follow it, each beside what it said."""

    repository: Repository
    upstream: Upstream
    state: Path
    reader: Path

    @property
    def root(self) -> Path:
        return self.state / f"gsctl/people-{self.repository.id}"

    def push(self, version: int) -> str:
        self.repository.write(version=version, rows=20)
        shutil.copy(self.repository.path / "gsctl.yaml", self.reader)
        return self.upstream.commit()

    def start(self, *words: str, interval: str = "1s") -> subprocess.Popen[str]:
        """One who looks every so often, and is asked by no file."""
        source = f"{self.upstream.url}?ref=main"
        with (self.state / "log").open("a") as log:
            words = (sys.executable, "-m", "gsctl", "serve", "--interval", interval,
                     "--source", source, *words)  # fmt: skip
            return started(self.state, subprocess.Popen(words, text=True, cwd=self.state, stdout=log,
                                                        stderr=log, start_new_session=True))  # fmt: skip

    @property
    def said(self) -> str:
        return (self.state / "log").read_text()

    def ages(self) -> list[int] | None:
        """What a reader finds who has a checkout of his own."""
        words = ["-C", str(self.reader), "--root", str(self.root), "call", "ages", "--json"]
        asked = gsctl(*words)
        return json.loads(asked.stdout)["rows"][0][:2] if asked.returncode == 0 else None

    def await_ages(self, version: int) -> None:
        until(lambda: self.ages() == [version, version], f"version {version}")

    def await_said(self, text: str) -> None:
        until(lambda: text in self.said, text)


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


@contextmanager
def pushing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushed]:
    """An empty one; whatever runs for it ends with the block."""
    state, reader = folder / "state", folder / "reader"
    state.mkdir()
    reader.mkdir()
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    repository = Repository(folder / "upstream")
    yield Pushed(repository, Upstream.made(repository.path), state, reader)
    end_processes(folder)
