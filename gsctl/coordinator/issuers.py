"""Who signs tokens beside ours: `serve --oidc-…`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gsctl.call import Call
from gsctl.exits import complain

if TYPE_CHECKING:
    from reconciler.server.oidc import Issuer


def issuer_of(
    call: Call, url: str | None, audience: str | None, algorithm: str | None, keys: Path | None
) -> Issuer | None:
    """Who signs tokens, as `--oidc-*` says; None where nobody does. Raises Stop."""
    from reconciler.server.issuer_keys import FetchedKeys, FileKeys, KeysUnreadable, safe_url
    from reconciler.server.oidc import ALGORITHMS, Issuer

    if url is None and audience is None and keys is None:
        return None
    if url is None or audience is None:
        raise complain("--oidc-issuer and --oidc-audience belong together", "CL112", "give both")
    algorithm = algorithm or ALGORITHMS[0]
    if algorithm not in ALGORITHMS:
        raise complain(f"--oidc-algorithm: `{algorithm}` is none that issuers sign with", "CL112",
                       f"one of {', '.join(ALGORITHMS)}")  # fmt: skip
    try:
        safe_url(url)
        found = FileKeys(keys) if keys else FetchedKeys(url, call.screen.say)
        if keys:
            found.find("")
    except ValueError as error:
        raise complain(f"--oidc-issuer: {error}", "CL112", "write `https://…`") from None
    except KeysUnreadable as error:
        raise complain(f"--oidc-keys: {error}", "CL112", "name a JWK set, as JSON") from None
    return Issuer(url, audience, algorithm, found)
