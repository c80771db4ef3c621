"""Which coordinator a command asks: `--coordinator`, GSCTL_COORDINATOR, else the active context."""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from gsctl.choices import Choices, Target
from gsctl.exits import complain
from reconciler.model.key import DEFAULT_ENVIRONMENT

VARIABLE, TOKEN, TOKEN_FILE = "GSCTL_COORDINATOR", "GSCTL_TOKEN", "GSCTL_TOKEN_FILE"
NOBODY = "none"


def target_of(choices: Choices) -> Target | None:
    """The coordinator to ask; None: what lives on this machine. Raises Stop."""
    from gsctl.doors.contexts import active, find

    told = choices.coordinator or os.environ.get(VARIABLE, "")
    if told == NOBODY:
        return None
    environment = choices.environment
    if "://" in told:
        return Target(checked(told), environment, choices.tenant, _token(TOKEN_FILE, TOKEN))
    context = find(told) if told else active()
    if context is None:
        return None
    if not choices.environment_named:
        environment = context.environment or DEFAULT_ENVIRONMENT
    text = read_token(context.token_file) if context.token_file else \
        _token("", context.token_variable or TOKEN)  # fmt: skip
    return Target(checked(context.url), environment, choices.tenant or context.tenant or None, text,
                  context.name)  # fmt: skip


def checked(url: str) -> str:
    """A coordinator's address, without a slash at its end. Raises Stop for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise complain(f"`{url}` is no address of a coordinator", "CL113",
                       "write `https://host:port`, or the name of a context")  # fmt: skip
    if parts.username or parts.query or parts.fragment:
        raise complain("an address of a coordinator holds no name, password or query", "CL113",
                       f"a token comes from {TOKEN}, {TOKEN_FILE} or a context")  # fmt: skip
    return url.rstrip("/")


def is_loopback(url: str) -> bool:
    """Whether only this machine is asked."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read_token(path: str) -> str:
    """The token in a file. Raises Stop where it cannot be read, or others can."""
    file = Path(path).expanduser()
    try:
        if file.stat().st_mode & 0o077:
            raise complain(f"{file} holds a token, and others may read it", "CX102",
                           f"`chmod 600 {file}`")  # fmt: skip
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        says = error.strerror if isinstance(error, OSError) else "it is no text"
        raise complain(f"the token in {file} cannot be read: {says}", "CX102") from error


def _token(file_variable: str, variable: str, environ: Mapping[str, str] = os.environ) -> str:
    """The token that the environment has; empty where it has none. Raises Stop."""
    if text := environ.get(variable, "").strip():
        return text
    path = environ.get(file_variable, "") if file_variable else ""
    return read_token(path) if path else ""
