"""Hosts and checkers that wait for the next graph: starting one costs more than a small load."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.contracts import Unanswered
from reconciler.embedded.client import Host
from reconciler.embedded.dialect import Dialect
from reconciler.loads.checker import Checker


class Pool:
    """Lends hosts by engine version, and checkers. Safe for several threads."""

    def __init__(
        self, dialect: Dialect, python: Callable[[str], Path], scratch: Path | None
    ) -> None:
        self._dialect = dialect
        self._python = python
        self._scratch = scratch
        self._lock = threading.Lock()
        self._hosts: dict[str, list[Host]] = defaultdict(list)
        self._checkers: list[Checker] = []
        self.heavy = threading.Lock()  # held by the one session that loads much

    def host(self, version: str) -> Host:
        """A host of the engine's `version` with nothing open."""
        with self._lock:
            if self._hosts[version]:
                return self._hosts[version].pop()
        name = f"{self._dialect.traits.type}-{version}.log"
        log = self._scratch / name if self._scratch else Path(os.devnull)
        return Host(self._dialect, self._python(version), log)

    @contextmanager
    def lent(self, version: str) -> Iterator[Host]:
        """A host for a while; one that does not answer is killed."""
        host = self.host(version)
        try:
            yield host
        except Unanswered:
            host.kill()
            raise
        finally:
            self.give_back(version, host)

    def give_back(self, version: str, host: Host) -> None:
        """Take a host back; one that is in doubt is killed instead of lent again."""
        if not host.alive():
            host.kill()
            return
        try:
            host.ask("close", within_s=60)
        except Exception:  # noqa: BLE001  whatever it is, this host is not lent again
            host.kill()
            return
        with self._lock:
            self._hosts[version].append(host)

    def checker(self) -> Checker:
        """A checker that knows no keys."""
        with self._lock:
            if self._checkers:
                return self._checkers.pop()
        return Checker()

    def give_back_checker(self, checker: Checker) -> None:
        """Take a checker back."""
        if not checker.forget():
            checker.close()
            return
        with self._lock:
            self._checkers.append(checker)

    def close(self) -> None:
        """End all that wait."""
        with self._lock:
            for hosts in self._hosts.values():
                for host in hosts:
                    host.close()
            for checker in self._checkers:
                checker.close()
            self._hosts.clear()
            self._checkers.clear()
