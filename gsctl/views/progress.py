"""Tells how an apply goes: a live picture on a terminal, a line a step elsewhere, or JSON lines."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gsctl.call import Call
from gsctl.views.problems import problem_plain
from gsctl.views.screen import Screen
from gsctl.views.text import cut, safe
from reconciler.model.event import Event, Failed, Finished, Progressed, Skipped, Started
from reconciler.model.units import show_count, show_duration

if TYPE_CHECKING:
    from reconciler.loop.trace import Trace


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
        self.trace: Trace | None = None  # of a coordinator's turns: their ids go with each line

    def begin(self, steps: int) -> None:
        """So many steps will be told of."""
        self.total, self.ended = steps, 0

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


_TYPES: Mapping[type[Event], str] = {
    Started: "step_started",
    Progressed: "step_progress",
    Finished: "step_finished",
    Failed: "step_failed",
    Skipped: "step_skipped",
}


def event_plain(event: Event) -> tuple[str, dict[str, Any]]:
    """An event for programs: its type, and the rest."""
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
    return _TYPES[type(event)], data


class JsonLines(Narrator):
    """One JSON object a line, on the stream for data."""

    def tell(self, event: Event) -> None:
        """One line."""
        type_, data = event_plain(event)
        self.record(type_, **data)

    def record(self, type_: str, **data: Any) -> None:
        """One line, with the time it was told."""
        line = {"type": type_, "at": datetime.now(UTC).isoformat(), **data}
        if self.trace:
            span = self.trace.span(data.get("step", ""))
            line |= {"environment": self.trace.environment, "trace": self.trace.id, "span": span}
        self.screen.data(json.dumps(line, ensure_ascii=False, default=str))


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


class Spoken(Narrator):
    """A line for each step that ended; one for all that were not tried for the same reason."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen)
        self._running: dict[str, _Running] = {}
        self._untried: list[Skipped] = []

    @abstractmethod
    def line(self, text: str) -> None:
        """Say a line."""

    def progress(self, event: Progressed) -> None:
        """A step that runs is so far."""
        if found := self._running.get(event.step):
            found.says = safe(event.says) or found.says
            found.done, found.total = event.done, event.total

    def tell(self, event: Event) -> None:
        """Keep what runs; a line for what ended."""
        if self._untried and not (isinstance(event, Skipped) and self._alike(event)):
            self._say_untried(self.ended - isinstance(event, Finished | Failed | Skipped))
        match event:
            case Started():
                self._running[event.step] = _Running(safe(str(event.key)), safe(event.says))
            case Progressed():
                self.progress(event)
            case Skipped():
                self._untried.append(event)
            case Finished() | Failed():
                found = self._running.pop(event.step, None)
                told = _told(event, found.says if found else "")
                self.line(f"{safe(str(event.key))}: [{self.ended}/{self.total}] {told}")
        if self._untried and self.ended == self.total:
            self._say_untried(self.ended)

    def close(self) -> None:
        """What was kept back is said."""
        if self._untried:
            self._say_untried(self.ended)

    def _alike(self, event: Skipped) -> bool:
        last = self._untried[-1]
        return (event.key, event.why) == (last.key, last.why)

    def _say_untried(self, last: int) -> None:
        one, many = self._untried[0], len(self._untried)
        self._untried = []
        span = f"{last - many + 1}-{last}" if many > 1 else f"{last}"
        self.line(f"{safe(str(one.key))}: [{span}/{self.total}] not tried: {safe(one.why)}")


def _told(event: Finished | Failed, says: str) -> str:
    if isinstance(event, Failed):
        return f"{says or 'a step'}: failed after {show_duration(event.seconds)}"
    rows = f", {show_count(event.rows, 'row')}" if event.rows is not None else ""
    note = f" ({safe(event.note)})" if event.note else ""
    return f"{safe(event.says)}: done in {show_duration(event.seconds)}{rows}{note}"


class Lines(Spoken):
    """A line a step, when it ends; a step that takes long says now and then how far it is."""

    _EVERY_S = 30.0

    def __init__(self, screen: Screen) -> None:
        super().__init__(screen)
        self._said: dict[str, float] = {}

    def line(self, text: str) -> None:
        """As talk."""
        self.screen.say(text)

    def progress(self, event: Progressed) -> None:
        """Said only now and then."""
        super().progress(event)
        found, now = self._running.get(event.step), time.monotonic()
        if found and now - self._said.get(event.step, found.since) >= self._EVERY_S:
            self._said[event.step] = now
            self.screen.say(found.line(now))


class LivePicture(Spoken):
    """A line for each step that runs, redrawn; what ended scrolls away above."""

    def __init__(self, screen: Screen) -> None:
        from rich.console import Console
        from rich.live import Live

        super().__init__(screen)
        colour = screen.talk_paint.on
        self._console = Console(file=screen.talk, no_color=not colour, highlight=False)
        self._live = Live(console=self._console, get_renderable=self._picture, transient=True,
                          refresh_per_second=5)  # fmt: skip
        self._started = False

    def begin(self, steps: int) -> None:
        """Start drawing."""
        super().begin(steps)
        self._live.start()
        self._started = True

    def _picture(self) -> Any:
        from rich.text import Text

        now = time.monotonic()
        width = self._console.width
        return Text("\n".join(cut(run.line(now), width) for run in [*self._running.values()]))

    def line(self, text: str) -> None:
        """Above the picture."""
        self._console.print(text, markup=False, soft_wrap=True)

    def stopping(self) -> None:
        """Above the picture."""
        self.line("Stopping after the running step. Once more ends it at once.")

    def close(self) -> None:
        """Give the terminal back."""
        super().close()
        if self._started:
            self._live.stop()
