"""Physical steps: what is really done, in the terms of copies and pointers. A union of values.

One list of them is walked by whoever explains a plan and by whoever executes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.model.catalog import Catalog, Element
from reconciler.model.key import Key, Owner
from reconciler.model.loading import Expected, LoadOptions, TypeLoad
from reconciler.model.observed import Pointer
from reconciler.model.record import FillRecord, ProcedureRecord, Record
from reconciler.model.wish import EngineWish, Held, Mode, Place

# --- what a catalog change consists of ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreateType:
    """A new, empty type, as it stands in the catalog that the step carries."""

    type: str
    element: Element


@dataclass(frozen=True, slots=True)
class DropType:
    """A type goes, and with a vertex type the edge types that touch it."""

    type: str
    element: Element


@dataclass(frozen=True, slots=True)
class AddProperty:
    """A new property; old rows get the type's zero."""

    type: str
    element: Element
    name: str


@dataclass(frozen=True, slots=True)
class DropProperty:
    """A property goes with its values."""

    type: str
    element: Element
    name: str


@dataclass(frozen=True, slots=True)
class RenameProperty:
    """A property keeps its values under another name."""

    type: str
    element: Element
    old: str
    new: str


CatalogOp = CreateType | DropType | AddProperty | DropProperty | RenameProperty


# --- the steps ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GraphAt:
    """A graph, and where it is: enough to find it without looking around."""

    key: Key
    owner: Owner
    uid: str
    engine: EngineWish


@dataclass(frozen=True, slots=True)
class InstallRuntime:
    """Make sure that the engine's own runtime is there."""

    type: str
    version: str


@dataclass(frozen=True, slots=True)
class CreateEngine:
    """Make an engine's place, and mark it; or mark it anew."""

    engine: EngineWish
    owner: Owner
    guard: Mapping[str, int]
    new: bool


@dataclass(frozen=True, slots=True)
class RemoveEngine:
    """Remove an engine's place, which must hold nothing but what is ours."""

    key: Key
    type: str
    place: Place


@dataclass(frozen=True, slots=True)
class BuildCopy:
    """Make a copy, from `base` or from nothing, and change its catalog in one transaction."""

    graph: GraphAt
    copy: str
    base: str | None
    ops: tuple[CatalogOp, ...]
    catalog: Catalog  # as it is after the step
    record: Record  # as it is after the step


@dataclass(frozen=True, slots=True)
class Amend:
    """Change the copy that is being served, through its server, in one transaction."""

    graph: GraphAt
    copy: str
    ops: tuple[CatalogOp, ...]
    catalog: Catalog
    record: Record


@dataclass(frozen=True, slots=True)
class FillType:
    """Bring rows into a type of an unpublished copy, every one of them checked."""

    graph: GraphAt
    copy: str
    load: TypeLoad
    options: LoadOptions
    catalog: Catalog
    fill: FillRecord
    expect: Expected | None = None


@dataclass(frozen=True, slots=True)
class VerifyCopy:
    """Count what a copy holds, run its procedures' tests, and seal it."""

    graph: GraphAt
    copy: str
    procedures: Mapping[str, ProcedureRecord]


@dataclass(frozen=True, slots=True)
class Switch:
    """Let `pointer.copy` answer under the graph's name: the only commit."""

    graph: GraphAt
    pointer: Pointer
    refused: Held | None = None  # what is held where its server does not come up


@dataclass(frozen=True, slots=True)
class MarkGraph:
    """Write the pointer anew; the same copy answers, by the same process."""

    graph: GraphAt
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class StartUnit:
    """Start a graph's server, anew where one runs."""

    graph: GraphAt
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class RemoveCopy:
    """Remove a copy that answers nobody."""

    graph: GraphAt
    copy: str


@dataclass(frozen=True, slots=True)
class RemoveGraph:
    """Stop a graph and remove all its copies."""

    graph: GraphAt
    mode: Mode


Act = (
    InstallRuntime | CreateEngine | RemoveEngine | BuildCopy | Amend | FillType | VerifyCopy
    | Switch | MarkGraph | StartUnit | RemoveCopy | RemoveGraph
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """An act, with what must be done before it and what it needs to itself.

    `id` is stable: the same plan gives the same ids. `key` is the declared thing it serves, and
    `session` the unit of failure: when a step fails, the rest of its session is not tried.
    """

    id: str
    key: Key
    session: Key
    act: Act
    waits: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
