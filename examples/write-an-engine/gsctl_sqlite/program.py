"""How the process is started in which SQLite runs, and what its errors say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from gsctl_sqlite import host
from reconciler.contracts import Endpoint, Unanswered
from reconciler.embedded.client import Locked, Refused
from reconciler.model.wish import EngineWish

SCRIPT = Path(host.__file__)
ENVIRONMENT: Mapping[str, str] = {}
HEALTH = SCHEMA = "/"  # of a server; there is none


def requirement(_version: str) -> str:
    """Nothing: SQLite is part of Python. Else such as `myengine==1.2`, for a runtime of its own."""
    return ""


def server_arguments(_engine: EngineWish) -> Sequence[str]:
    """There is no server."""
    return ()


def memory_limit(_engine: EngineWish) -> int | None:
    """There is no server."""
    return None


def refusal(says: str, kind: str) -> Exception:
    """An error of the host: somebody else has the database, nobody can tell, or SQLite says no."""
    if kind == "OperationalError" and "locked" in says:
        return Locked(says)
    return Unanswered(says) if kind == "OperationalError" and "disk" in says else Refused(says)


def reason(says: str) -> str:
    """SQLite's errors are short."""
    return says


def last_words(log: Sequence[str]) -> str:
    """Why a host died: the last line that it wrote."""
    return log[-1] if log else ""


def endpoint(folder: Path, _url: str | None) -> Endpoint:
    """The file, and a line for a shell that opens it."""
    path = folder / host.FILE
    return Endpoint(str(path), f"sqlite3 -readonly {path} .tables")
