"""Tokens that an issuer signed (OpenID Connect): issuer, audience and algorithm are pinned.

A token says who somebody is, and nothing of what he may: that is in the Tenants that he is a member
of. Whatever is wrong with one, the answer is the same, and none of its text is ever told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

_HASHES = (256, 384, 512)
ALGORITHMS = (*(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in _HASHES), "EdDSA")
SKEW_S = 30.0  # by which clocks may differ
_MOST_CHARS = 16 << 10
_MOST_SUBJECT = 255
_NEEDED = ("exp", "iss", "aud", "sub")


class KeySet(Protocol):
    """The keys of an issuer."""

    def find(self, kid: str) -> dict[str, Any] | None:
        """The public key of that id, as JSON has it. Raises KeysUnreadable."""
        ...


@dataclass(frozen=True, slots=True)
class Signed:
    """What a token says: who it is, and when it ends, in UTC seconds."""

    subject: str
    until: float


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who may sign tokens, for whom and how; and the keys that he signs with."""

    url: str
    audience: str
    algorithm: str  # one of ALGORITHMS: no other is looked at, whatever a token says of itself
    keys: KeySet

    def read(self, text: str) -> Signed | None:
        """What a token says; None for one that is not right, in whatever way.

        May fetch keys, which takes seconds at most. Raises KeysUnreadable.
        """
        import jwt

        if len(text) > _MOST_CHARS:
            return None
        try:
            kid = jwt.get_unverified_header(text).get("kid")
            key = self.keys.find(kid) if isinstance(kid, str) else None
            if key is None:
                return None
            claims: dict[str, Any] = jwt.decode(
                text, jwt.PyJWK(key, self.algorithm).key, algorithms=[self.algorithm],
                audience=self.audience, issuer=self.url, leeway=SKEW_S,
                options={"require": list(_NEEDED)},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            return None
        subject = str(claims["sub"])
        if not 0 < len(subject) <= _MOST_SUBJECT:
            return None
        return Signed(subject, float(claims["exp"]))


def looks_signed(text: str) -> bool:
    """Whether a bearer token is one of an issuer, and none of ours."""
    return text.count(".") == 2
