"""The proof of a driver: every law, tried on a bench of its own.

    python -m reconciler.testing.conformance myengine

tries the engine that is installed under that name, in each of its modes. From Python:

    report = run(Subject(myplugin, "embedded"))
    assert not report.broken, report

In pytest, `parametrize` over `LAWS` and call `hold(law, subject, tmp_path)`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reconciler.plugins import engines
from reconciler.testing.bench import Bench, Skip, Subject
from reconciler.testing.law import Law
from reconciler.testing.laws import LAWS

__all__ = ["LAWS", "Bench", "Broken", "Law", "Report", "Skip", "Subject", "Verdict", "hold", "run"]


class Broken(AssertionError):
    """A driver breaks a law; the text names the law, what was found, and why it matters."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one law fared. `says` is why it was skipped, or what was found wrong."""

    law: Law
    outcome: Literal["kept", "broken", "skipped"]
    says: str
    seconds: float

    def __str__(self) -> str:
        told = f": {self.says}" if self.says else ""
        return f"{self.outcome:8} {self.seconds:6.1f} s  {self.law}{told}"


@dataclass(frozen=True, slots=True)
class Report:
    """All verdicts, in the order of the laws."""

    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> tuple[str, ...]:
        """The names of the laws that were broken."""
        return tuple(v.law.name for v in self.verdicts if v.outcome == "broken")

    def __str__(self) -> str:
        return "\n".join(map(str, self.verdicts))


def hold(law: Law, subject: Subject, folder: Path) -> None:
    """Try one law below an empty folder.

    Raises:
        Broken: it does not hold.
        Skip: it does not speak of this engine.
    """
    try:
        with Bench(subject, folder) as bench:
            law.check(bench)
    except Skip:
        raise
    except Exception as error:
        found = (
            str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
        )
        raise Broken(f"{law.name}: {found}\n\n{law.why}") from error


def run(subject: Subject, laws: Iterable[Law] = LAWS, folder: Path | None = None) -> Report:
    """Try laws one after the other, each below a folder of its own; in a temporary one at first."""
    return Report(tuple(verdicts(subject, laws, folder)))


def verdicts(
    subject: Subject, laws: Iterable[Law] = LAWS, folder: Path | None = None
) -> Iterator[Verdict]:
    """As `run`, each verdict as soon as it is there."""
    with tempfile.TemporaryDirectory(prefix="gsctl-bench-") as temporary:
        for number, law in enumerate(laws):
            begun, below = time.monotonic(), (folder or Path(temporary)) / f"law-{number}"
            outcome, says = _try(law, subject, below)
            yield Verdict(law, outcome, says, time.monotonic() - begun)


def _try(
    law: Law, subject: Subject, folder: Path
) -> tuple[Literal["kept", "broken", "skipped"], str]:
    try:
        hold(law, subject, folder)
    except Skip as skip:
        return "skipped", str(skip)
    except Broken as broken:
        return "broken", str(broken).removeprefix(f"{law.name}: ").partition("\n\n")[0]
    return "kept", ""


def main() -> int:
    """Try an engine that is installed; 1 where a law is broken."""
    words = argparse.ArgumentParser(prog="python -m reconciler.testing.conformance")
    words.add_argument("engine", help="the name of an installed engine")
    words.add_argument("--mode", help="one of its modes; without it all of them")
    words.add_argument("--law", default="", help="only laws whose name has this in it")
    asked = words.parse_args()
    plugin = engines().plugins.get(asked.engine)
    if plugin is None:
        words.error(f"no engine `{asked.engine}` is installed")
    chosen = [law for law in LAWS if asked.law in law.name]
    broken = False
    for mode in plugin.TRAITS.modes if asked.mode is None else (asked.mode,):
        print(f"{asked.engine}, {mode}", flush=True)  # noqa: T201  this is its output
        for verdict in verdicts(Subject(plugin, mode), chosen):
            broken |= verdict.outcome == "broken"
            print(verdict, flush=True)  # noqa: T201  this is its output
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
