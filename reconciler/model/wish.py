"""What is wished of an engine and of a graph, gathered from the documents that speak of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from reconciler.model.catalog import Catalog
from reconciler.model.key import Key, Owner
from reconciler.model.loading import LoadWish
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
    adopt: bool = False

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
    adopt: bool = False

    def load_of(self, type_: str) -> tuple[LoadWish, ...]:
        """The loads that feed a type."""
        return tuple(w for w in self.loads if any(load.type == type_ for load in w.types))
