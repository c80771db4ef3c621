"""One message to one address: bounded, and nowhere but where the operator said.

No redirect is followed: who controls a receiver must not choose whom this machine asks.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from reconciler.notify.receivers import Target

WITHIN_S = 10.0  # for each of: connecting, sending, the answer
_AGAIN = (408, 425, 429)
_LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How it went: empty `why` where it was taken. `pause_s`: it asked for so long a pause."""

    why: str = ""
    again: bool = False  # another try may help
    pause_s: float = 0.0


class _Stay(HTTPRedirectHandler):
    """A redirect is an answer like another."""

    def redirect_request(self, *_: Any) -> None:
        return None


def opener() -> OpenerDirector:
    """What asks: it verifies TLS, and uses the proxy that the environment names."""
    return build_opener(_Stay())


def post(asker: OpenerDirector, target: Target, body: bytes, version: str) -> Answer:
    """Send one body. No error of it holds the address, which may be a secret."""
    headers = {"Content-Type": "application/json", "User-Agent": f"gsctl/{version}"}
    if target.token:
        headers["Authorization"] = f"Bearer {target.token}"
    request = Request(target.url, body, headers, method="POST")  # noqa: S310  http and https only: see receivers
    try:
        with asker.open(request, timeout=WITHIN_S):
            return Answer()
    except HTTPError as error:
        with error:
            return _refused(error)
    except URLError as error:
        return Answer(_reason(error.reason), again=True)
    except (OSError, HTTPException) as error:
        return Answer(_reason(error), again=True)


def _refused(error: HTTPError) -> Answer:
    if 300 <= error.code < 400:
        return Answer(f"it answers {error.code}, a redirect, which is not followed")
    again = error.code >= 500 or error.code in _AGAIN
    told = (error.headers.get("Retry-After") or "").strip()
    pause_s = float(told) if told.isdecimal() and len(told) < 10 else 0.0
    return Answer(f"it answers {error.code}", again, min(pause_s, _LONGEST_PAUSE_S))


def _reason(error: Any) -> str:
    """In words that hold nothing of the address."""
    match error:
        case TimeoutError():
            return f"no answer within {WITHIN_S:g} s"
        case ssl.SSLCertVerificationError():
            return "its certificate is not trusted"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return type(error).__name__
