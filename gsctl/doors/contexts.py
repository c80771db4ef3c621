"""Coordinators by name, in a file of the person's own. No token stands in it: only where one is.

{"format": 1, "active": "town", "contexts": {"town": {"url": "https://…", "token_file": "~/…"}}}
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from gsctl.exits import Stop, complain

FORMAT = 1
_A_TOKEN = re.compile(r"gsctl_[0-9a-f]+_[\w-]{20,}")


@dataclass(frozen=True, slots=True)
class Context:
    """A coordinator, and how to ask it. The token is in a file, or in a variable of that name."""

    name: str
    url: str
    token_file: str = ""
    token_variable: str = ""
    environment: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Contexts:
    """All that are known, by name, and the one that is asked when nothing else is said."""

    known: Mapping[str, Context] = field(default_factory=dict)
    active: str = ""


def path() -> Path:
    """Where they are kept."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "gsctl" / "contexts.json"


def read() -> Contexts:
    """What is kept. Raises Stop for a file that cannot be trusted, or read."""
    file = path()
    try:
        mode = file.stat()
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Contexts()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(str(error)) from error
    if mode.st_mode & 0o022 or mode.st_uid not in (os.getuid(), 0):
        says = f"{file}: others may change it, and with it who gets your token"
        raise complain(says, "CX101", f"look at it, then `chmod go-w {file}`")
    if _A_TOKEN.search(text):
        raise complain(f"{file} holds a token itself", "CX101",
                       "revoke it; put the new one into a file of mode 600, and name that "
                       "with --token-file")  # fmt: skip
    return _parsed(text)


def _parsed(text: str) -> Contexts:
    names = {one.name for one in fields(Context)} - {"name"}
    try:
        data: Any = json.loads(text)
        if int(data["format"]) > FORMAT:
            raise _unreadable("a newer gsctl wrote it")
        found = {}
        for name, told in data["contexts"].items():
            if wrong := set(told) - names:
                raise _unreadable(f"context {name} has an unknown `{min(wrong)}`")
            found[name] = Context(name, **{key: str(value) for key, value in told.items()})
        return Contexts(found, str(data.get("active", "")))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable("it is not as gsctl writes it") from error


def write(contexts: Contexts) -> None:
    """Keep them, readable by their owner alone. Raises OSError."""
    from reconciler.durable import replace_json

    file = path()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    plain = {
        name: {key: value for key, value in asdict(one).items() if value and key != "name"}
        for name, one in sorted(contexts.known.items())
    }
    replace_json(file, {"format": FORMAT, "active": contexts.active, "contexts": plain})
    file.chmod(0o600)


def find(name: str) -> Context:
    """The context of that name. Raises Stop."""
    known = read().known
    if name in known:
        return known[name]
    told = f"there are {', '.join(sorted(known))}" if known else "`gsctl context add` makes one"
    raise complain(f"there is no context `{name}`", "CX103", told)


def active() -> Context | None:
    """The one that is asked when nothing else is said. Raises Stop."""
    found = read()
    return found.known.get(found.active)


def _unreadable(why: str) -> Stop:
    return complain(f"{path()} cannot be read: {why}", "CX101", "mend it, or remove it")
