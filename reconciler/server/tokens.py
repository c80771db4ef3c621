"""Bearer tokens: who may ask the API for what. Kept in the ledger's folder, only as digests.

A token is `gsctl_<id>_<secret>` with 256 random bits: no dictionary holds it, so a plain SHA-256 at
rest is as good as a slow hash, and costs a request nothing.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from enum import IntEnum
from hashlib import sha256
from pathlib import Path
from typing import Any

from reconciler.durable import replace_json
from reconciler.ledger import turn
from reconciler.model.record import NewerFormat

FORMAT = 1
_PREFIX = "gsctl"
_NOBODY = sha256(b"").hexdigest()  # compared with where no token has that id: the same work


class Role(IntEnum):
    """What one may do; each may what the lower ones may."""

    VIEWER = 1
    EDITOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was given out. `tenant` None: all of them. Times in UTC seconds."""

    id: str
    name: str
    role: Role
    tenant: str | None
    digest: str
    created_at: float
    expires_at: float


class TokensUnreadable(RuntimeError):
    """The file of tokens is damaged: nobody is let in, and nothing is overwritten."""


class Tokens:
    """The tokens of one environment. Any process may change them; a change counts at once."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the ledger's; nothing is read or made yet."""
        self._folder = folder
        self._path = folder / "tokens.json"
        self._lock = threading.Lock()
        self._read: tuple[object, tuple[Token, ...]] = (None, ())

    def every(self) -> tuple[Token, ...]:
        """All of them, also expired ones, oldest first. Read again only when the file changed.

        Raises TokensUnreadable, NewerFormat.
        """
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise TokensUnreadable(f"{self._path} cannot be read: {error}") from error
        version = (found.st_ino, found.st_mtime_ns, found.st_size)
        with self._lock:
            if self._read[0] != version:
                self._read = (version, _parse(self._path))
            return self._read[1]

    def create(self, name: str, role: Role, tenant: str | None, for_s: float) -> tuple[Token, str]:
        """A new token, and its text, which is kept nowhere.

        Raises ValueError where one of that name still is in force, OSError, Busy, and as `every`.
        """
        id_, now = secrets.token_hex(4), time.time()
        text = f"{_PREFIX}_{id_}_{secrets.token_urlsafe(32)}"
        made = Token(id_, name, role, tenant, _digest(text), now, now + for_s)
        with turn(self._folder):
            kept = [token for token in self.every() if token.expires_at > now]
            if any(token.name == name for token in kept):
                raise ValueError(f"there is a token `{name}` already")
            self._write([*kept, made])
        return made, text

    def revoke(self, which: str) -> Token | None:
        """Forget the token of an id or a name; None where there is none. Raises as `create`."""
        with turn(self._folder):
            every = self.every()
            found = next((token for token in every if which in (token.id, token.name)), None)
            if found:
                self._write([token for token in every if token is not found])
        return found

    def find(self, text: str) -> Token | None:
        """The token of a text, also when it is expired. Unknown ids cost what known ones do.

        Raises TokensUnreadable, NewerFormat.
        """
        id_ = text.split("_", 2)[1] if text.count("_") >= 2 else ""
        found = next((token for token in self.every() if token.id == id_), None)
        fits = hmac.compare_digest(_digest(text), found.digest if found else _NOBODY)
        return found if fits else None

    def _write(self, tokens: list[Token]) -> None:
        plain = [{**asdict(token), "role": token.role.name.lower()} for token in tokens]
        replace_json(self._path, {"format": FORMAT, "tokens": plain})
        self._path.chmod(0o600)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _parse(path: Path) -> tuple[Token, ...]:
    try:
        data: Any = json.loads(path.read_bytes())
        if int(data["format"]) > FORMAT:
            raise NewerFormat(int(data["format"]))
        return tuple(Token(**{**t, "role": Role[t["role"].upper()]}) for t in data["tokens"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TokensUnreadable(f"{path} cannot be read: {error}") from error
