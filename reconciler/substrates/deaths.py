"""Tells when a process of ours ends, at once and at no cost while it lives."""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Callable, Sequence

from reconciler.model.unit import Unit
from reconciler.substrates import signals


class Deaths:
    """Watches processes by descriptors that become readable when they end (Linux 5.3)."""

    def __init__(self, ended: Callable[[Unit], None]) -> None:
        """`ended` is called once for each watched unit that ends, from a thread of ours."""
        self._ended = ended
        self._watched: dict[str, tuple[int, Unit]] = {}  # unit id -> descriptor and unit
        self._poll = select.epoll()
        self._end, self._close = os.pipe()
        self._poll.register(self._end, select.EPOLLIN)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._wait, name="gsctl-deaths", daemon=True)
        self._thread.start()

    def watch(self, units: Sequence[Unit]) -> None:
        """Watch these units and no others."""
        wanted = {unit.id: unit for unit in units}
        with self._lock:
            for id_ in self._watched.keys() - wanted.keys():
                self._forget(id_)
            fresh = [unit for id_, unit in wanted.items() if id_ not in self._watched]
            gone = [unit for unit in fresh if not self._begin(unit)]
        for unit in gone:
            self._ended(unit)

    def close(self) -> None:
        """Watch nothing any more."""
        os.write(self._close, b".")
        self._thread.join()
        with self._lock:
            for id_ in list(self._watched):
                self._forget(id_)
        self._poll.close()
        os.close(self._end)
        os.close(self._close)

    def _begin(self, unit: Unit) -> bool:
        try:
            descriptor = os.pidfd_open(signals.pid(unit))
        except OSError:
            return False
        if not signals.runs(unit):  # its number is another's by now
            os.close(descriptor)
            return False
        self._watched[unit.id] = (descriptor, unit)
        self._poll.register(descriptor, select.EPOLLIN)
        return True

    def _forget(self, id_: str) -> Unit:
        descriptor, unit = self._watched.pop(id_)
        with contextlib.suppress(OSError):
            self._poll.unregister(descriptor)
        os.close(descriptor)
        return unit

    def _wait(self) -> None:
        while True:
            ready = {descriptor for descriptor, _ in self._poll.poll()}
            if self._end in ready:
                return
            with self._lock:
                over = [id_ for id_, (found, _) in self._watched.items() if found in ready]
                units = [self._forget(id_) for id_ in over]
            for unit in units:
                self._ended(unit)
