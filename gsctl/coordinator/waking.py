"""What wakes the loop beside the time: servers that end, and files that change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gsctl.coordinator.duty import Duty
from reconciler.model.problem import Problem

if TYPE_CHECKING:
    from reconciler.api import Api
    from reconciler.contracts import Watch
    from reconciler.model.unit import Unit

_WATCHED_MS = 2000  # after so long without a change, watching has begun for certain
_AGAIN_S = 5.0  # at most, until watching is tried again that could not begin


class Deaths:
    """Tells of servers that end, once the documents say whose they are."""

    def __init__(self, api: Api, ended: Callable[[Unit], None]) -> None:
        self._api = api
        self._ended = ended
        self._watch: Watch | None = None

    def watch(self, units: Sequence[Unit]) -> None:
        """From now on these, and no others."""
        if self._watch is None and self._api.documents.project:
            self._watch = self._api.substrate.deaths(self._ended)
        if self._watch:
            self._watch.watch(units)

    def close(self) -> None:
        """Tell no more."""
        if self._watch:
            self._watch.close()


@contextmanager
def watching(duty: Duty, root: str) -> Iterator[None]:
    """Ring when a file changes where people write: documents, and the data that loads read."""
    over = threading.Event()
    folders = [*duty.sources.directories, *duty.call.choices.data_roots]

    def look() -> None:
        told = ""
        while not over.is_set():
            try:
                _ring_on_changes(duty, folders, root, over)
            except (OSError, RuntimeError) as error:  # a folder is gone; the system watches no more
                if told != (told := str(error)):
                    duty.call.screen.problems([_unwatched(duty, error)])
                over.wait(min(duty.interval_s, _AGAIN_S))

    thread = threading.Thread(target=look, name="gsctl-files", daemon=True)
    if folders:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if folders:
            thread.join()


def _ring_on_changes(duty: Duty, folders: Sequence[Path], root: str, over: threading.Event) -> None:
    """Until `over`. Raises OSError, RuntimeError."""
    from watchfiles import DefaultFilter, watch

    begun = True  # what was written before it watched, and after the first look, tells nobody
    for changes in watch(*folders, watch_filter=DefaultFilter(ignore_paths=[root]), stop_event=over,
                         raise_interrupt=False, yield_on_timeout=True,
                         rust_timeout=_WATCHED_MS):  # fmt: skip
        if changes or begun:
            duty.bell.ring("files")
        begun = False


def _unwatched(duty: Duty, error: Exception) -> Problem:
    says = f"files are not watched: {error}"
    hint = f"changes are found at the next look, every {duty.interval_s:g} s"
    return Problem("warning", says, "CO107", hint=hint)
