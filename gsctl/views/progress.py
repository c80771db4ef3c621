"""Tells how an apply goes: a live picture on a terminal, a line a step elsewhere, or JSON lines."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from gsctl.context import Call
from gsctl.views.problems import problem_plain
from gsctl.views.screen import Screen
from gsctl.views.text import count, cut, safe
from reconciler.model.event import Event, Failed, Finished, Progressed, Skipped, Started
from reconciler.model.units import show_duration


@contextmanager
def narrator(call: Call) -> Iterator[Narrator]:
    """The narrator for a call's format and terminal."""
    found: Narrator
    if call.choices.format == "json":
        found = JsonLines(call.screen)
    elif call.screen.talk.isatty():
        found = LivePicture(call.screen)
    else:
        found = Lines(call.screen)
    try:
        yield found
    finally:
        found.close()


class Narrator(ABC):
    """Is told what happens, from one thread at a time."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.total = 0
        self.ended = 0

    def begin(self, steps: int) -> None:
        """So many steps will be told of."""
        self.total = steps

    def __call__(self, event: Event) -> None:
        """Tell of an event."""
        if isinstance(event, Finished | Failed | Skipped):
            self.ended += 1
        self.tell(event)

    @abstractmethod
    def tell(self, event: Event) -> None:
        """Show an event."""

    def record(self, type_: str, **data: Any) -> None:  # noqa: B027  people are told elsewhere
        """Tell programs of what is no event of a step."""

    def stopping(self) -> None:
        """Somebody asked to stop."""
        self.screen.say("Stopping after the running step. Once more ends it at once.")

    def close(self) -> None:  # noqa: B027  most keep nothing open
        """Nothing more comes."""


class JsonLines(Narrator):
    """One JSON object a line, on the stream for data."""

    _TYPES: ClassVar[Mapping[type[Event], str]] = {
        Started: "step_started",
        Progressed: "step_progress",
        Finished: "step_finished",
        Failed: "step_failed",
        Skipped: "step_skipped",
    }

    def tell(self, event: Event) -> None:
        """One line."""
        data: dict[str, Any] = {"step": event.step, "key": str(event.key)}
        match event:
            case Started():
                data |= {"says": event.says}
            case Progressed():
                data |= {"says": event.says, "done": event.done, "total": event.total}
            case Finished():
                data |= {"says": event.says, "seconds": event.seconds, "rows": event.rows,
                         "note": event.note}  # fmt: skip
            case Failed():
                data |= {"seconds": event.seconds}
                data |= {"problems": [problem_plain(problem) for problem in event.problems]}
            case Skipped():
                data |= {"why": event.why}
        self.record(self._TYPES[type(event)], **data)

    def record(self, type_: str, **data: Any) -> None:
        """One line, with the time it was told."""
        line = {"type": type_, "at": datetime.now(UTC).isoformat(), **data}
        self.screen.data(json.dumps(line, ensure_ascii=False, default=str))


def _told(event: Event) -> str:
    match event:
        case Finished():
            rows = f", {count(event.rows, 'row')}" if event.rows is not None else ""
            note = f" ({safe(event.note)})" if event.note else ""
            return f"{safe(event.says)}: done in {show_duration(event.seconds)}{rows}{note}"
        case Failed():
            return f"failed after {show_duration(event.seconds)}"
        case Skipped():
            return f"not tried: {safe(event.why)}"
        case Started() | Progressed():
            return ""


@dataclass(slots=True)
class _Running:
    """A step that runs, as far as it is known."""

    key: str
    says: str
    since: float = field(default_factory=time.monotonic)
    done: int | None = None
    total: int | None = None

    def line(self, now: float) -> str:
        """`Load/packages: load Package  12,000 of 63,666 rows, 9,000 rows/s, 1.3 s, 4 s left`."""
        spent = now - self.since
        told = []
        if self.done is not None:
            of = f" of {self.total:,}" if self.total else ""
            told.append(f"{self.done:,}{of} rows")
            if spent > 0.5 and self.done:
                rate = self.done / spent
                told.append(f"{rate:,.0f} rows/s")
                if self.total and self.total > self.done:
                    told.append(f"{show_duration((self.total - self.done) / rate)} left")
        told.append(show_duration(spent))
        return f"{self.key}: {self.says}  {', '.join(told)}"


class Lines(Narrator):
    """A line a step, when it ends; a step that takes long says now and then how far it is."""

    _EVERY_S = 30.0

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen)
        self._running: dict[str, _Running] = {}
        self._said: dict[str, float] = {}

    def tell(self, event: Event) -> None:
        """One line, or none."""
        match event:
            case Started():
                self._running[event.step] = _Running(safe(str(event.key)), safe(event.says))
                self._said[event.step] = time.monotonic()
            case Progressed():
                self._progress(event)
            case _:
                self._running.pop(event.step, None)
                ended = f"[{self.ended}/{self.total}]"
                self.screen.say(f"{safe(str(event.key))}: {ended} {_told(event)}")

    def _progress(self, event: Progressed) -> None:
        found, now = self._running.get(event.step), time.monotonic()
        if found is None:
            return
        found.done, found.total = event.done, event.total
        if now - self._said[event.step] >= self._EVERY_S:
            self._said[event.step] = now
            self.screen.say(found.line(now))


class LivePicture(Narrator):
    """A line for each step that runs, redrawn; what ended scrolls away above."""

    def __init__(self, screen: Screen) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(screen)
        colour = screen.talk_paint.on
        self._console = Console(file=screen.talk, no_color=not colour, highlight=False)
        self._running: dict[str, _Running] = {}
        self._live = Live(console=self._console, get_renderable=self._picture, transient=True,
                          refresh_per_second=5)  # fmt: skip
        self._started = False

    def begin(self, steps: int) -> None:
        """Start drawing."""
        super().begin(steps)
        self._live.start()
        self._started = True

    def tell(self, event: Event) -> None:
        """Keep what runs; print what ended."""
        match event:
            case Started():
                self._running[event.step] = _Running(safe(str(event.key)), safe(event.says))
            case Progressed():
                if found := self._running.get(event.step):
                    found.says = safe(event.says) or found.says
                    found.done, found.total = event.done, event.total
            case _:
                self._running.pop(event.step, None)
                self._print(f"{safe(str(event.key))}: [{self.ended}/{self.total}] {_told(event)}")

    def _picture(self) -> Any:
        from rich.text import Text

        now = time.monotonic()
        width = self._console.width
        return Text("\n".join(cut(run.line(now), width) for run in [*self._running.values()]))

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)

    def stopping(self) -> None:
        """Above the picture."""
        self._print("Stopping after the running step. Once more ends it at once.")

    def close(self) -> None:
        """Give the terminal back."""
        if self._started:
            self._live.stop()
