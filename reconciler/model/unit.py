"""Units: what a substrate runs for us. One process, one container, one set of pods."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from reconciler.model.key import DEFAULT_TENANT, Key, Owner

FORMAT = 1
Role = Literal["server", "relay"]
UnitState = Literal["up", "stopped", "lost"]  # runs | is stopped by a signal | its process is gone


@dataclass(frozen=True, slots=True)
class UnitMark:
    """What a unit carries with it, so that it is found again from nothing.

    `digest` tells what it was started with; `root` is the random id of the root that started it,
    `root_path` where that root lies, for people. A relay stands before a graph's servers on the
    published port; it answers from no copy.
    """

    owner: Owner
    root: str
    root_path: str
    tenant: str
    kind: str
    name: str
    uid: str
    copy: str
    digest: str
    port: int | None = None
    role: Role = "server"

    @property
    def key(self) -> Key:
        """The thing that the unit runs for."""
        return Key(self.tenant, self.kind, self.name)

    def text(self) -> str:
        """As JSON on one line."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)

    @classmethod
    def parse(cls, text: str) -> UnitMark:
        """The inverse of `text`. Raises ValueError, KeyError or TypeError for what is no mark."""
        data = json.loads(text)
        if data.pop("format") > FORMAT:
            raise ValueError("a newer gsctl marked it")
        return cls(**{**data, "owner": Owner(**data["owner"])})


def unit_name(engine: Key, graph: str, *, relay: bool = False) -> str:
    """What a graph's server, or its relay, is called, and its log.

    No other tenant's is called so, nor writes into its log.
    """
    of = "" if engine.tenant == DEFAULT_TENANT else f"{engine.tenant}:"
    return f"{of}{engine.name}-{graph}{'-relay' if relay else ''}"


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """What to start: an argument list in an environment, and the name of its log.

    `memory` is the most bytes of data that it may take of the machine; None: as many as there are.
    """

    name: str  # of the log file; unique below the owner's folder
    mark: UnitMark
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that was seen. `id` is the substrate's own: a pid with its start, a container id."""

    id: str
    mark: UnitMark
    state: UnitState
    address: str | None = None  # host:port, read back
    started_at: float = field(default=0.0, compare=False)  # UTC seconds; never twice quite the same

    @property
    def copy(self) -> str:
        """The copy that it answers from."""
        return self.mark.copy

    @property
    def port(self) -> int | None:
        """The port that it answers on."""
        return self.mark.port
