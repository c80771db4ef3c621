"""The lease: one writer for each owner, told by a file that is replaced by rename.

    {"format": 1, "epoch": 1795520123, "token": "…", "holder": {…} or null,
     "renewed_at": "…Z", "expires_at": "…Z", "expires_uptime": 1234.5}

Every change happens under a short lock on the file's sibling `lease.lock`, and each acquisition
raises the epoch by one. So whoever still finds its own epoch there knows that nobody wrote since,
even when it slept past its expiry: a lease is lost by being taken, not by growing old.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from reconciler import processes
from reconciler.durable import Busy, locked, replace_json
from reconciler.holder import Holder

FORMAT = 1
_POLL_S = 0.1
_LOCK_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class LeaseState:
    """What the lease's file says. Times are UTC; `expires_uptime` is the machine's own clock."""

    epoch: int
    token: str  # of one acquisition
    holder: Holder | None
    renewed_at: datetime
    expires_at: datetime
    expires_uptime: float

    def in_force(self) -> bool:
        """Whether somebody holds it: a process that lives, or may live, and renewed it in time."""
        return self.holder is not None and not self.holder.is_dead() and not self.expired()

    def expired(self) -> bool:
        """Whether it was not renewed in time.

        On the holder's own machine by the time since its start, which sleeps are part of and which
        nobody sets; elsewhere by the clock.
        """
        if self.holder is not None and self.holder.machine == processes.machine():
            return _uptime() >= self.expires_uptime
        return datetime.now(UTC) >= self.expires_at


class LeaseHeld(RuntimeError):
    """Somebody else writes."""

    def __init__(self, holder: Holder | None) -> None:
        super().__init__(f"{holder or 'a process that does not go on'} is writing")
        self.holder = holder


class CoordinatorLeads(LeaseHeld):
    """A coordinator writes, and goes on: nobody waits for it."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(holder)
        self.args = (f"a coordinator keeps this environment: {holder}",)


class LeaseLost(RuntimeError):
    """The lease has passed on, or nobody can say: nothing more may be written."""

    def __init__(self, why: str, holder: Holder | None = None) -> None:
        super().__init__(why)
        self.holder = holder


class Lease:
    """A lease that is held, renewed by a thread until released. Made by `acquire`."""

    def __init__(self, path: Path, state: LeaseState, ttl_s: float) -> None:
        self._path = path
        self._state = state
        self._ttl_s = ttl_s
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="gsctl-lease", daemon=True)
        self._thread.start()

    @property
    def epoch(self) -> int:
        """The epoch to write under; only `check` says whether it still is in force."""
        return self._state.epoch

    @property
    def path(self) -> Path:
        """The lease's file, which engine hosts read the epoch from."""
        return self._path

    def check(self) -> int:
        """The epoch, for one write that follows at once.

        Reads the file again under its lock (about 0.1 ms). Past its expiry, after a sleep, the
        lease is renewed when nobody took it meanwhile.

        Raises:
            LeaseLost: somebody took it, it was released, or its file cannot be read or renewed.
        """
        try:
            with locked(_lock_file(self._path), _LOCK_WAIT_S):
                if self._mine().expired():
                    self._extend()
        except (OSError, Busy) as error:
            raise LeaseLost(f"the lease cannot be kept: {error}") from error
        return self._state.epoch

    def renew(self) -> None:
        """Put the expiry off by the whole time. Raises LeaseLost, OSError."""
        with locked(_lock_file(self._path), _LOCK_WAIT_S):
            self._mine()
            self._extend()

    def release(self) -> None:
        """Let others have it. Does nothing when it was lost or released before."""
        self._end.set()
        if self._thread is not threading.current_thread():
            self._thread.join()
        # Whatever fails here: the lease frees itself when this process ends, or by its expiry.
        with contextlib.suppress(LeaseLost, OSError), locked(_lock_file(self._path), _LOCK_WAIT_S):
            self._mine()
            _write(self._path, _state(self.epoch, "", None, 0.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _mine(self) -> LeaseState:
        """What the file says, when it speaks of us. Only under the lock. Raises LeaseLost."""
        state = read(self._path)
        if state is None:
            raise LeaseLost(f"the lease's file {self._path} cannot be read any more")
        if (state.epoch, state.token) != (self.epoch, self._state.token):
            who = f"{state.holder} took it" if state.holder else "it was released"
            raise LeaseLost(f"the lease has passed on: {who}", state.holder)
        return state

    def _extend(self) -> None:
        state = _state(self.epoch, self._state.token, self._state.holder, self._ttl_s)
        _write(self._path, state)

    def _keep(self) -> None:
        while not self._end.wait(self._ttl_s / 3):
            try:
                self.renew()
            except LeaseLost:
                return  # whoever wants to write learns it from `check`
            except OSError:
                continue  # a full disk, a lock held long: until it expires there is time


def acquire(path: Path, holder: Holder, wait_s: float = 0.0, ttl_s: float = 15.0) -> Lease:
    """Take the lease, as soon as it is free, within `wait_s` seconds.

    It is free when released, when its holder's process is known to have ended, or when it was not
    renewed for `ttl_s` seconds. The folder of `path` is made; the one above must be there.

    Raises:
        LeaseHeld: somebody had it all the time.
        OSError: the file cannot be written, or a newer gsctl wrote it.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    deadline = time.monotonic() + wait_s
    while True:
        try:
            taken = _try(path, holder, ttl_s)
        except Busy:
            taken = None
        if taken is not None:
            return Lease(path, taken, ttl_s)
        if time.monotonic() >= deadline:
            state = read(path)
            raise held_by(state.holder if state else None)
        time.sleep(min(_POLL_S, max(0.0, deadline - time.monotonic())))


def held_by(holder: Holder | None) -> LeaseHeld:
    """What to tell of somebody who writes."""
    return CoordinatorLeads(holder) if holder and holder.coordinator else LeaseHeld(holder)


def read(path: Path) -> LeaseState | None:
    """What the lease's file says, without disturbing anybody; None where it says nothing.

    Damage says nothing: the file only ever changes whole, so that nobody of ours left it so.

    Raises:
        OSError: it cannot be read, or a newer gsctl wrote it.
    """
    try:
        data: Any = json.loads(path.read_bytes())
        format_ = int(data["format"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    if format_ > FORMAT:
        raise OSError(f"{path}: a newer gsctl wrote it (format {format_})")
    try:
        return LeaseState(
            int(data["epoch"]),
            data["token"],
            Holder(**data["holder"]) if data["holder"] else None,
            datetime.fromisoformat(data["renewed_at"]),
            datetime.fromisoformat(data["expires_at"]),
            float(data["expires_uptime"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _try(path: Path, holder: Holder, ttl_s: float) -> LeaseState | None:
    with locked(_lock_file(path), _LOCK_WAIT_S):
        before = read(path)
        if before is not None and before.in_force():
            return None
        # Where the file was lost, the clock gives a number that no epoch had before.
        epoch = before.epoch + 1 if before else int(time.time())
        state = _state(epoch, uuid.uuid4().hex, holder, ttl_s)
        _write(path, state)
        return state


def _state(epoch: int, token: str, holder: Holder | None, ttl_s: float) -> LeaseState:
    now = datetime.now(UTC)
    return LeaseState(epoch, token, holder, now, now + timedelta(seconds=ttl_s), _uptime() + ttl_s)


def _write(path: Path, state: LeaseState) -> None:
    times = {"renewed_at": state.renewed_at.isoformat(), "expires_at": state.expires_at.isoformat()}
    replace_json(path, {"format": FORMAT, **asdict(state), **times})


def _lock_file(path: Path) -> Path:
    return path.with_suffix(".lock")


def _uptime() -> float:
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
