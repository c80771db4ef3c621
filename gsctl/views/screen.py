"""Where a command writes: data to one stream, talk to the other."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TextIO

from gsctl.views.problems import problem_texts
from gsctl.views.text import Paint
from reconciler.model.problem import Problem, in_order


@dataclass(frozen=True, slots=True)
class Screen:
    """Data goes to `out`, talk (progress, hints, questions, complaints) to `talk`."""

    out: TextIO
    talk: TextIO
    paint: Paint  # of data
    talk_paint: Paint
    width: int

    @classmethod
    def of_process(cls, *, colour: bool = True) -> Screen:
        """The process's own streams. NO_COLOR, COLUMNS and a pipe are respected."""
        wanted = colour and not os.environ.get("NO_COLOR")
        wanted = wanted and os.environ.get("TERM") != "dumb"
        return cls(
            sys.stdout,
            sys.stderr,
            Paint(wanted and sys.stdout.isatty()),
            Paint(wanted and sys.stderr.isatty()),
            shutil.get_terminal_size((100, 24)).columns,
        )

    @property
    def data_width(self) -> int | None:
        """Columns of the terminal that data goes to; None where it goes elsewhere."""
        return self.width if self.out.isatty() else None

    def data(self, text: str) -> None:
        """Write what was asked for."""
        self.out.write(text if text.endswith("\n") or not text else f"{text}\n")
        self.out.flush()

    def say(self, text: str = "") -> None:
        """Talk."""
        self.out.flush()
        self.talk.write(f"{text}\n")
        self.talk.flush()

    def hint(self, text: str) -> None:
        """Say what to do next."""
        self.say(f"{self.talk_paint('hint:', 'bold', 'cyan')} {text}")

    def problems(self, problems: Iterable[Problem]) -> None:
        """Show complaints, in their order, each once."""
        for text in problem_texts(in_order(problems), self.talk_paint):
            self.say(text)
