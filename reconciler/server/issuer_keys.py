"""The public keys of an issuer: from a file, or fetched from him, bounded and seldom."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, build_opener

FRESH_S = 300.0  # how long keys are taken as they are
AGAIN_S = 5.0  # between two fetches: tokens with made-up ids of keys cause no more
STALE_S = 3600.0  # how long the last keys are believed while the issuer does not answer
_FETCH_S = 5.0
_MOST_BYTES = 256 << 10
_PUBLIC = ("RSA", "EC", "OKP")  # never `oct`: what is public is no secret to sign with
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
Keys = Mapping[str, dict[str, Any]]


class KeysUnreadable(RuntimeError):
    """The keys of the issuer are not known; the text says why."""


class FileKeys:
    """Keys in a file, read again when it changes."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet."""
        self._path = path
        self._read: tuple[object, Keys] = (None, {})

    def find(self, kid: str) -> dict[str, Any] | None:
        """The key of that id. Raises KeysUnreadable."""
        try:
            found = self._path.stat()
            version = (found.st_ino, found.st_mtime_ns, found.st_size)
            if self._read[0] != version:
                self._read = (version, parsed(self._path.read_bytes()))
        except (OSError, ValueError) as error:
            raise KeysUnreadable(f"{self._path} holds no keys that can be read: {error}") from error
        return self._read[1].get(kid)


class FetchedKeys:
    """Keys of an issuer by his address. Fetched when they are first needed, and seldom after."""

    def __init__(self, issuer: str, report: Callable[[str], None]) -> None:
        """Nothing is fetched yet. `report` is told why keys cannot be fetched.

        Raises ValueError for an address that no key may come from.
        """
        self._issuer = safe_url(issuer)
        self._report = report
        self._lock = threading.Lock()
        self._keys: Keys = {}
        self._fetched: float | None = None
        self._tried: float | None = None

    def find(self, kid: str) -> dict[str, Any] | None:
        """The key of that id. Raises KeysUnreadable where none is known, or for too long."""
        if self._is_due(kid) and self._lock.acquire(blocking=self._fetched is None):
            try:
                if self._is_due(kid):
                    self._fetch()
            finally:
                self._lock.release()
        if self._fetched is None or time.monotonic() - self._fetched > STALE_S:
            raise KeysUnreadable(f"the keys of {self._issuer} cannot be fetched")
        return self._keys.get(kid)

    def _is_due(self, kid: str) -> bool:
        now = time.monotonic()
        if self._tried is not None and now - self._tried < AGAIN_S:
            return False
        fresh = self._fetched is not None and now - self._fetched < FRESH_S
        return not fresh or kid not in self._keys

    def _fetch(self) -> None:
        self._tried = time.monotonic()
        try:
            self._keys = parsed(fetched(_keys_url(self._issuer)))
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._report(f"the keys of {self._issuer} cannot be fetched: {error}")
            return
        self._fetched = time.monotonic()


def _keys_url(issuer: str) -> str:
    """Where an issuer has his keys, as he says himself. Raises OSError, ValueError, KeyError."""
    about = json.loads(fetched(f"{issuer}/.well-known/openid-configuration"))
    if str(about["issuer"]).rstrip("/") != issuer:
        raise ValueError("it names another issuer")
    return safe_url(str(about["jwks_uri"]))


def safe_url(text: str) -> str:
    """An address that keys may come from: by TLS, or from this machine. Raises ValueError."""
    parts = urlsplit(text)
    near = parts.scheme == "http" and parts.hostname in _LOOPBACK
    if not parts.hostname or not (parts.scheme == "https" or near):
        raise ValueError(f"`{text}` is neither https nor on the loopback")
    if parts.username or parts.password or parts.fragment:
        raise ValueError("an issuer's address has neither a user nor a fragment")
    return text.rstrip("/")


def fetched(url: str) -> bytes:
    """What is at an address: of bounded size, in bounded time. Raises OSError, ValueError."""
    deadline = time.monotonic() + _FETCH_S
    parts = []
    with _opener(url).open(url, timeout=_FETCH_S) as answer:
        while part := answer.read1(1 << 16):
            parts.append(part)
            if sum(map(len, parts)) > _MOST_BYTES:
                raise ValueError(f"more than {_MOST_BYTES:,} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not whole within {_FETCH_S:g} s")
    return b"".join(parts)


def parsed(text: bytes) -> Keys:
    """The keys to verify with of a JWK set, by their ids. Raises ValueError."""
    try:
        listed = json.loads(text)["keys"]
        return {
            key["kid"]: key
            for key in listed
            if key.get("kty") in _PUBLIC and key.get("use", "sig") == "sig"
            and isinstance(key.get("kid"), str)
        }  # fmt: skip
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("it is no set of keys") from error


class _NoRedirect(HTTPRedirectHandler):
    """Whoever redirects could lead anywhere."""

    def redirect_request(self, *given: Any) -> None:
        raise URLError(f"it redirects ({given[2]})")


def _opener(url: str) -> OpenerDirector:
    """No proxy stands before this machine itself."""
    near = urlsplit(url).hostname in _LOOPBACK
    return build_opener(_NoRedirect, *([ProxyHandler({})] if near else []))
