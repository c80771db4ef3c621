"""What looking at one engine depends on, and how a database is asked, by whoever looks."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.contracts import Unanswered
from reconciler.copies.marks import Unreadable
from reconciler.embedded.dialect import Dialect, Reading, Schema
from reconciler.embedded.locks import Locks
from reconciler.model.key import Key, Owner
from reconciler.model.problem import Problem
from reconciler.model.unit import Unit
from reconciler.model.wish import Place

_ANSWER_S = 5.0
_BEGINS_S, _PAUSE_S = 5.0, 0.05  # what a crash left as it began listens within that
Replay = Callable[[Path], Schema]  # opens a database read-only; raises Unanswered


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that looking at one engine depends on."""

    dialect: Dialect
    key: Key
    place: Place
    owner: Owner
    units: Mapping[str, Sequence[Unit]]  # by uid
    locks: Locks
    replay: Replay
    beside: bool = False  # somebody else writes at this moment


class Unseen(Exception):
    """A graph cannot be told; the problem says why."""

    def __init__(self, key: Key, says: str, hint: str = "") -> None:
        self.key = key
        self.problem = Problem("error", f"{key}: {says}", "ST100", hint=hint, address=str(key))
        super().__init__(says)


class Hidden(Exception):
    """A graph that is there cannot be seen; the text says why."""

    def __init__(self, says: str, hint: str = "") -> None:
        super().__init__(says)
        self.hint = hint


def replayed(look: Look, path: Path) -> Schema:
    """The schema of a database whose server died: only the engine can read its log."""
    try:
        return look.replay(path)
    except Unanswered as error:
        raise Hidden(str(error)) from error


def read(look: Look, schema: Schema) -> Reading:
    try:
        return look.dialect.speech.read(schema)
    except Unreadable as error:
        raise Hidden(str(error)) from error


def ask_unit(look: Look, unit: Unit) -> Schema:
    """The schema of a server of ours. One that has only just begun is waited for. Raises Hidden."""
    assert unit.address
    while True:
        try:
            return ask(look, unit.address)
        except _NobodyListens:
            if not 0 <= time.time() - unit.started_at < _BEGINS_S:
                raise
        time.sleep(_PAUSE_S)


class _NobodyListens(Hidden):
    pass


def ask(look: Look, address: str) -> Schema:
    """A server's schema. Raises Hidden."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=_ANSWER_S)
    try:
        connection.request("GET", look.dialect.program.SCHEMA)
        response = connection.getresponse()
        if response.status != 200:
            raise Hidden(f"its server at {address} answers {response.status}")
        return dict(json.loads(response.read()))
    except (OSError, ValueError, http.client.HTTPException) as error:
        kind = _NobodyListens if isinstance(error, ConnectionRefusedError) else Hidden
        raise kind(f"its server at {address} does not answer ({error})") from error
    finally:
        connection.close()


def command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "another user's"
    return Path(words[0].decode(errors="replace")).name or "unknown"
