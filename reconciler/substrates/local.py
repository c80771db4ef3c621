"""The local substrate: units are processes of this machine that outlive the command.

Nothing is written down about them. Each carries its mark in the environment variable GSCTL_UNIT,
and is found again by reading the environments of all processes.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler import processes
from reconciler.contracts import UnitFailed, Written
from reconciler.durable import locked
from reconciler.model.key import Owner
from reconciler.model.unit import Unit, UnitMark, UnitSpec
from reconciler.root import Root
from reconciler.substrates import logfiles, ports, signals
from reconciler.substrates.claims import CLAIMS, LASTS_S
from reconciler.substrates.deaths import Deaths

MARK = "GSCTL_UNIT"
_MARK = f"{MARK}=".encode()
_LOG_LINES = 20
# A unit outlives the shell: what else stands in its environment, secrets too, must not.
_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
              "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")  # fmt: skip


class LocalSubstrate:
    """Processes on this machine, for one owner and one root."""

    def __init__(self, root: Root, owner: Owner) -> None:
        """Nothing is looked at before it is asked for."""
        self._root = root
        self._owner = owner
        self._logs = root.log_dir(owner.environment)
        self.unreadable = 0  # processes that the last scan could not judge: somebody else's

    def units(self) -> Sequence[Unit]:
        """Every unit of this owner and root, in key order. Reads the environment of each process.

        One that does not run because of a signal is `stopped`; one that ended is not there.
        """
        return [unit for unit in self._scan() if self._is_of_this_root(unit.mark)]

    def elsewhere(self) -> Sequence[Unit]:
        """Units of the same owner under another root: named, never touched."""
        return [unit for unit in self._scan() if not self._is_of_this_root(unit.mark)]

    def start(self, spec: UnitSpec, ready: Callable[[], bool], deadline_s: float) -> Unit:
        """Start a unit and wait until `ready`. What runs with the same mark already is that unit.

        `ready` is asked up to ten times a second. A unit that we started and that does not get
        ready is ended.

        Raises:
            UnitFailed: it cannot be started, it ended, or it was not ready within `deadline_s`
                seconds; with the last lines of its log.
        """
        port = spec.mark.port
        if port:  # until it listens, or will not; that somebody else starts one is told by the bind
            CLAIMS.take(port, lasts_s=deadline_s + LASTS_S)
        try:
            return self._started(spec, ready, deadline_s)
        except _Killed:
            # Once is anybody's doing, such as of one who clears a machine; twice is its own.
            return self._started(spec, ready, deadline_s)
        finally:
            if port:
                CLAIMS.drop(port)

    def _started(self, spec: UnitSpec, ready: Callable[[], bool], deadline_s: float) -> Unit:
        log = logfiles.path(self._logs, spec.name)
        for folder in (self._logs.parent, self._logs):  # the root itself must be there
            folder.mkdir(mode=0o700, exist_ok=True)
        with locked(self._logs.with_name("units.lock")):
            unit = next((u for u in self.units() if u.mark == spec.mark), None)
            process = None
            if unit is None:
                process = _spawn(spec, log)
                while process.poll() is None and not processes.shows(process.pid):
                    time.sleep(0.001)
                unit = _unit(process.pid, spec.mark)
        try:
            _await(unit, process, ready, deadline_s)
        except BaseException as error:  # Ctrl-C too: what we began and nobody waits for is ended
            if unit is not None and process is not None:
                signals.end(unit, grace_s=0)
            if isinstance(error, _NotReady):
                killed = process is not None and process.returncode == -signal.SIGKILL
                last = logfiles.latest(log, _LOG_LINES).every
                failure = _Killed if killed else UnitFailed
                raise failure(f"{spec.mark.key} {error}", last) from None
            raise
        assert unit is not None
        return unit

    def stop(self, unit: Unit, grace_s: float) -> None:
        """Ask a unit to end (SIGTERM), and after `grace_s` seconds make it. Gone is done.

        Raises:
            UnitFailed: it does not end, or belongs to another user.
            ValueError: it is none of ours.
        """
        if unit.mark.owner != self._owner or not self._is_of_this_root(unit.mark):
            raise ValueError(
                f"{unit.mark.key} belongs to {unit.mark.owner} at {unit.mark.root_path}"
            )
        signals.end(unit, grace_s)

    def deaths(self, ended: Callable[[Unit], None]) -> Deaths:
        """Something that calls `ended` for each unit that it is told to watch, when that ends."""
        return Deaths(ended)

    def logs(self, name: str, tail_lines: int, after: str = "") -> Written:
        """The last lines of a unit's log, or those written after an earlier answer's `place`."""
        log = logfiles.path(self._logs, name)
        return logfiles.since(log, after) if after else logfiles.latest(log, tail_lines)

    def trim_logs(self) -> None:
        """Keep logs bounded: those beyond 10 MB begin anew, with the old text beside."""
        logfiles.trim(self._logs)

    def free_port(self, name: str, preferred: int | None, taken: frozenset[int]) -> int:
        """A port that nobody listens on: `preferred`, or without it one that follows from the name.

        The same name under the same root gets the same port as long as that is free.

        Raises:
            UnitFailed: the preferred one is not free, or none of the range is.
        """
        seed = f"{self._owner}/{self._owner.id}/{self._root.path}/{name}"
        return ports.choose(seed, preferred, taken)

    def keep_port(self, port: int) -> None:
        """A unit of ours is about to leave the port to the next one: nobody else takes it."""
        CLAIMS.take(port)

    def _scan(self) -> list[Unit]:
        """Units of this owner, whatever root; in key order."""
        found: list[Unit] = []
        self.unreadable = 0
        for pid, environment in processes.environments():
            if environment is None:
                self.unreadable += 1
            elif (mark := _mark(environment)) and mark.owner == self._owner:
                unit = _unit(pid, mark)
                if unit is not None:
                    found.append(unit)
        return sorted(found, key=lambda unit: (unit.mark.key, unit.copy, unit.started_at))

    def _is_of_this_root(self, mark: UnitMark) -> bool:
        if mark.root_path == str(self._root.path):
            return True  # whatever id the root had there: it is this one now
        # A root that was moved takes its units along; one that was copied does not.
        same = mark.root == self._root.id
        return same and not Root(Path(mark.root_path), mark.root).stands()


class _NotReady(Exception):
    pass


class _Killed(UnitFailed):
    """By somebody, before it was ready."""


def _await(
    unit: Unit | None,
    process: subprocess.Popen[bytes] | None,
    ready: Callable[[], bool],
    deadline_s: float,
) -> None:
    """Wait until `ready`. Raises _NotReady."""
    deadline = time.monotonic() + deadline_s
    pause = 0.01
    while True:
        # Judged before `ready`: whoever answers there may be another process.
        if unit is None or not signals.runs(unit):
            raise _NotReady(f"ended{_how(process)} before it was ready")
        if ready() and _at_its_port(unit):
            return
        if time.monotonic() >= deadline:
            raise _NotReady(f"was not ready within {deadline_s:g} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def _at_its_port(unit: Unit) -> bool:
    return unit.mark.port is None or ports.listens(signals.pid(unit), unit.mark.port)


def _mark(environment: bytes) -> UnitMark | None:
    """The mark in an environment; None where there is none that this gsctl can read."""
    if _MARK not in environment:
        return None
    for pair in environment.split(b"\0"):
        if pair.startswith(_MARK):
            try:
                return UnitMark.parse(pair[len(_MARK) :].decode())
            except (ValueError, KeyError, TypeError):
                return None
    return None


def _unit(pid: int, mark: UnitMark) -> Unit | None:
    process = processes.find(pid)
    # A unit's children have its environment too; only the unit itself leads a session.
    if process is None or process.state == "ending" or not process.leads_session:
        return None
    return Unit(
        signals.identify(process),
        mark,
        "stopped" if process.state == "stopped" else "up",
        f"127.0.0.1:{mark.port}" if mark.port else None,
        processes.since_1970(process.created),
    )


def _spawn(spec: UnitSpec, log: Path) -> subprocess.Popen[bytes]:
    logfiles.rotate(log)
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    with log.open("ab") as out:  # appending: the text may be cut away under it
        try:
            process = subprocess.Popen(
                spec.command,
                cwd="/",
                env={**inherited, **spec.environment, MARK: spec.mark.text()},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise UnitFailed(f"{spec.mark.key} cannot be started: {error}") from error
    _bound(process.pid, spec.memory)
    # A command that stays, such as the coordinator, must not keep the dead: the thread waits for
    # the end, and ends with the command.
    threading.Thread(target=process.wait, name=f"reap-{process.pid}", daemon=True).start()
    return process


def _bound(pid: int, memory: int | None) -> None:
    """The system refuses a process more data than that: such as a query without end."""
    if memory and hasattr(resource, "prlimit"):
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory, memory))


def _how(process: subprocess.Popen[bytes] | None) -> str:
    if process is None:
        return ""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)  # until its thread has seen the end too
    code = process.returncode
    return "" if code is None else f" by signal {-code}" if code < 0 else f" with code {code}"
