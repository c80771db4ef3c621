"""Who writes: a process of somebody, known again wherever it is told of."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from reconciler import processes


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes. `machine` and `create_time` tell whether that process still lives."""

    host: str
    machine: str
    pid: int
    create_time: float
    command: str
    user: str
    coordinator: str | None = None  # where a coordinator answers

    @classmethod
    def here(cls, command: str, coordinator: str | None = None) -> Holder:
        """The process that asks."""
        process = processes.find(os.getpid())
        return cls(
            host=os.uname().nodename,
            machine=processes.machine(),
            pid=os.getpid(),
            create_time=process.created if process else 0.0,
            command=command,
            user=_user(),
            coordinator=coordinator,
        )

    @property
    def person(self) -> str:
        """Who is behind it, for what is kept longer than the process lives."""
        return f"{self.user} on {self.host}"

    def __str__(self) -> str:
        where = f", at {self.coordinator}" if self.coordinator else ""
        return f"`{self.command}` of {self.user} on {self.host} (process {self.pid}{where})"

    def is_dead(self) -> bool:
        """Whether the process is known to have ended; False where nobody can say from here."""
        here = self.machine == processes.machine()
        return here and not processes.lives(self.pid, self.create_time)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())
