"""Runs the real program: as a process of its own, or in this one where nothing but text matters."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from warm import gsctl

from gsctl.__main__ import main


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def without_numbers(text: str) -> str:
    """Without times and sizes, which an estimate takes from what was measured on this machine."""
    text = re.sub(r"(\d+(\.\d)?-)?\d+(\.\d)? s\b", "N s", text)
    return re.sub(r"\d+(\.\d)? MiB", "N MiB", text)


class Program:
    """gsctl in a repository."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def environment(self, **extra: str) -> dict[str, str]:
        kept = {n: v for n, v in os.environ.items()
                if not n.startswith("GSCTL_") or n in ("GSCTL_RUNTIMES", "GSCTL_WHEELS")}  # fmt: skip
        for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"):
            kept.pop(name, None)
        return {**kept, "COLUMNS": "80", **extra}

    @contextlib.contextmanager
    def running(self, *words: str, **how):
        """A process that runs meanwhile, and is ended in any case."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **how}
        with subprocess.Popen(
            [sys.executable, "-m", "gsctl", *words], cwd=self.home, text=True,
            env=self.environment(), stderr=subprocess.PIPE, **streams,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                process.kill()

    def __call__(self, *words: str, **extra: str) -> Ran:
        done = gsctl(*words, cwd=self.home, env=self.environment(**extra))
        return Ran(done.returncode, done.stdout, done.stderr)

    def quick(self, *words: str) -> Ran:
        """The same in this process, which saves half a second of imports."""
        out, err = io.StringIO(), io.StringIO()
        with (contextlib.chdir(self.home), contextlib.redirect_stdout(out),
              contextlib.redirect_stderr(err)):  # fmt: skip
            code = main(words)
        return Ran(code, out.getvalue(), err.getvalue())

    def masked(self, text: str) -> str:
        """Without what differs from run to run: times, ids of copies, ports, the folder."""
        text = text.replace(str(self.home), "REPO")
        text = without_numbers(text)
        text = re.sub(r"copy [0-9a-f]{10}( as [0-9a-f]{10})?", "copy ID", text)
        return re.sub(r"127\.0\.0\.1:\d+", "HOST:PORT", text)
