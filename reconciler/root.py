"""The root: the folder where an owner's local things, its lease and its ledger lie.

root.json                          the root's random id, which unit marks carry
cache/                             may vanish at any time
<environment>/lease.json           who writes
<environment>/ledger/              what people decided, and where to look
<environment>/.logs/               what local units said
<environment>/.scratch/            unfinished files
<environment>/<tenant>/<engine>/   what an engine keeps
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.durable import create_json
from reconciler.model.key import is_name

FORMAT = 1
_MARK = "root.json"

# Names that would meet what lies in the root for another reason. Compared without case: so do some
# file systems.
RESERVED_ENVIRONMENTS = frozenset({"cache", _MARK})
RESERVED_TENANTS = frozenset({"ledger", "lease.json", "lease.lock", "units.lock"})


class RootUnreadable(RuntimeError):
    """A root is there and cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root. `id` is empty while it has not been made: nothing of ours can be in it then."""

    path: Path
    id: str = ""

    @classmethod
    def open(cls, path: Path, *, parents: bool = False) -> Root:
        """The root at `path`, made where there is none; several processes at once get the same.

        `parents` also makes the folders above. Without it a missing one is an error: a place that
        is not mounted must not look like an empty one.

        Raises:
            RootUnreadable: it cannot be made, or something there is no root of this gsctl.
        """
        root = cls.peek(path)
        if root.id:
            return root
        try:
            root.path.mkdir(mode=0o700, parents=parents, exist_ok=True)
            ignore = root.path / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="ascii")
            create_json(root.path / _MARK, {"format": FORMAT, "id": secrets.token_hex(8)})
        except OSError as error:
            raise RootUnreadable(f"no root can be made at {root.path}: {error}") from error
        return cls.peek(path)

    @classmethod
    def peek(cls, path: Path) -> Root:
        """The root at `path` without making anything. Raises RootUnreadable."""
        path = path.absolute().resolve()
        mark = path / _MARK
        try:
            text = mark.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls(path)
        except (OSError, UnicodeDecodeError) as error:
            raise RootUnreadable(f"{mark} cannot be read: {error}") from error
        return cls(path, _id(mark, text))

    def stands(self) -> bool:
        """Whether the root still lies where it did."""
        try:
            return bool(self.id) and Root.peek(self.path).id == self.id
        except RootUnreadable:
            return False

    @property
    def cache_dir(self) -> Path:
        """For what can be made again. Not made by asking."""
        return self.path / "cache"

    def environment_dir(self, environment: str) -> Path:
        """An environment's folder. Not made by asking. Raises ValueError for what is no name."""
        return self.path / _checked(environment, RESERVED_ENVIRONMENTS)

    def engine_dir(self, environment: str, tenant: str, engine: str) -> Path:
        """Where an engine keeps its things unless it says otherwise. Raises ValueError."""
        parent = self.environment_dir(environment) / _checked(tenant, RESERVED_TENANTS)
        return parent / _checked(engine)

    def lease_file(self, environment: str) -> Path:
        """The file of an environment's lease."""
        return self.environment_dir(environment) / "lease.json"

    def ledger_dir(self, environment: str) -> Path:
        """The folder of an environment's ledger."""
        return self.environment_dir(environment) / "ledger"

    def log_dir(self, environment: str) -> Path:
        """Where local units write what they say."""
        return self.environment_dir(environment) / ".logs"

    def scratch_dir(self, environment: str) -> Path:
        """For files that may vanish at any time, on the same disk as the engines' folders."""
        return self.environment_dir(environment) / ".scratch"


def _id(mark: Path, text: str) -> str:
    try:
        data: Any = json.loads(text)
        format_, id_ = int(data["format"]), str(data["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise RootUnreadable(f"{mark} is no mark of a root: {error}") from error
    if format_ > FORMAT:
        raise RootUnreadable(f"{mark}: a newer gsctl wrote it (format {format_})")
    if not id_:
        raise RootUnreadable(f"{mark} is no mark of a root: its id is empty")
    return id_


def _checked(name: str, reserved: frozenset[str] = frozenset()) -> str:
    if not is_name(name) or name.lower() in reserved:
        raise ValueError(f"`{name}` cannot name a folder of a root")
    return name
