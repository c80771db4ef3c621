"""What is wished of an engine and of a graph, gathered from the documents that speak of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reconciler.model.catalog import Catalog
from reconciler.model.key import Key, Owner
from reconciler.model.loading import LoadWish
from reconciler.model.policy import Rules
from reconciler.model.record import ProcedureRecord

Mode = Literal["embedded", "served"]
Strategy = Literal["auto", "in-place", "blue-green", "recreate"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an engine keeps what is its own. `location` is the substrate's business."""

    substrate: str
    location: str

    def __str__(self) -> str:
        return f"{self.substrate}:{self.location}"


@dataclass(frozen=True, slots=True)
class EngineWish:
    """An engine as declared, defaults filled in."""

    key: Key
    type: str
    version: str
    mode: Mode
    place: Place
    resources: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    protect: bool = False
    adopt: bool = False  # take over what lives there and is not ours
    rules: Mapping[str, Rules] = field(default_factory=dict)  # as in Restraint

    def plain(self) -> dict[str, Any]:
        """What of it is compared with the live engine."""
        return {
            "type": self.type,
            "version": self.version,
            "mode": self.mode,
            "resources": dict(self.resources),
            "options": dict(self.options),
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class Settings:
    """What is wished of a graph's name rather than of its rows: kept in the pointer."""

    keep_previous_s: int = 86400
    writes: Literal["declared", "open"] = "declared"
    strategy: Strategy = "auto"
    port: int | None = None  # None: whichever was chosen
    description: str = ""
    relay: bool = False  # whether a switch stands on the port, before the server


@dataclass(frozen=True, slots=True)
class Held:
    """A wish that was refused, by a person or by a server that did not come up.

    Documents themselves, never their digest: a new default must not release it. `files` maps the
    paths of data files to their sha256; they count only where nothing but files was refused.
    """

    documents: Mapping[str, Any]  # by address, variables resolved, defaults not filled in
    files: Mapping[str, str]
    only_files: bool
    reason: Literal["RolledBack", "VerifyFailed"]
    since: float  # UTC seconds


@dataclass(frozen=True, slots=True)
class GraphWish:
    """A Graph with its Loads and Procedures.

    `renames` maps `Type.property` (new) to the old property, and a new type to the old type.
    `descriptions` maps types and `Type.property` to text.
    """

    key: Key
    owner: Owner
    engine: EngineWish
    catalog: Catalog
    settings: Settings = Settings()
    loads: tuple[LoadWish, ...] = ()
    procedures: Mapping[str, ProcedureRecord] = field(default_factory=dict)
    renames: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[Key] = frozenset()
    protect: bool = False
    renamed_from: Key | None = None  # the graph that it was
    documents: Mapping[str, Any] = field(default_factory=dict)  # as in Held
    adopt: bool = False  # take over a graph of this name that is not ours
    rules: Mapping[str, Rules] = field(default_factory=dict)  # as in Restraint

    def files(self) -> Mapping[str, str]:
        """The sha256 of every data file, by path."""
        return {
            file.path: file.sha256
            for load in self.loads
            for content in load.types
            for source in content.sources
            for file in source.files
        }
