"""Physical steps: what is really done, in the terms of copies and pointers. A union of values.

One list of them is walked by whoever explains a plan and by whoever executes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.model.catalog import Catalog, Element, Pair
from reconciler.model.catalog_op import CatalogOp
from reconciler.model.key import Key, Owner
from reconciler.model.loading import Expected, LoadOptions, TypeLoad
from reconciler.model.observed import Pointer
from reconciler.model.policy import UNRESTRAINED, Restraint
from reconciler.model.record import FillRecord, ProcedureRecord, Record
from reconciler.model.wish import EngineWish, Held, Mode, Place

# --- rows that come along ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CarriedEnds:
    """Where the edges of one pair come from: the pair before, and what names their ends now.

    `keys` are properties of the vertex types before, whose values are the keys of the new ones.
    """

    pair: Pair
    old: Pair
    keys: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Carry:
    """Rows of a type that come along into another copy, because no load would bring all of them.

    `columns` maps each property to the one before; a property without an entry gets its zero.
    `fills` is what loads had brought of these rows, in the words of the new type.
    """

    type: str
    element: Element
    old: str
    columns: Mapping[str, str]
    ends: tuple[CarriedEnds, ...] = ()
    fills: tuple[FillRecord, ...] = ()
    rows: int = field(default=0, compare=False)  # as counted when the plan was made


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
    restraint: Restraint = UNRESTRAINED


@dataclass(frozen=True, slots=True)
class RemoveEngine:
    """Remove an engine's place, which must hold nothing but what is ours.

    With `spare` strangers are left alone there, and only what is ours goes.
    """

    key: Key
    type: str
    place: Place
    spare: bool = False


@dataclass(frozen=True, slots=True)
class AdoptGraph:
    """Make the database in the folder `source`, beside our graphs, the copy that `pointer` names.

    It is moved whole, in one step of the disk, and not opened.
    """

    graph: GraphAt
    source: str
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class BuildCopy:
    """Make a copy, from `base` or from nothing, and change its catalog in one transaction.

    `record.base` is the copy that answers meanwhile, cloned or not: its state is kept with it, so
    that the switch sees whether rows were written there since. `origin` is where that copy lies,
    if not at the graph's own place.
    """

    graph: GraphAt
    copy: str
    base: str | None
    ops: tuple[CatalogOp, ...]
    catalog: Catalog  # as it is after the step
    record: Record  # as it is after the step
    origin: GraphAt | None = None


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
class ExportType:
    """Write the rows of a type of a copy to `file`, for `CarryType` to read.

    Done by the driver of the copy that is left. `file` is relative to a folder for files that may
    vanish: where it is gone, both steps are done again.
    """

    graph: GraphAt
    copy: str
    carry: Carry
    file: str


@dataclass(frozen=True, slots=True)
class CarryType:
    """Bring the rows of `file` into a type of an unpublished copy, every one of them checked."""

    graph: GraphAt
    copy: str
    carry: Carry
    catalog: Catalog
    file: str
    drop_dangling: bool = False  # else an edge whose end is gone is an error


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
    origin: GraphAt | None = None  # where the graph answers until then, if elsewhere


@dataclass(frozen=True, slots=True)
class MarkGraph:
    """Write the pointer anew; the same copy answers, by the same process."""

    graph: GraphAt
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class ClearGraph:
    """Stop a graph and remove all its copies. Its name stays, with what `pointer` keeps of it.

    Nothing answers from then on. `rows` are those of the copy that answers, by type, as they were
    counted for the plan: where there are others by now, nothing is removed.
    """

    graph: GraphAt
    pointer: Pointer
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StartUnit:
    """Start a graph's server where none runs as wished; `anew` also where one does."""

    graph: GraphAt
    pointer: Pointer
    anew: bool = False


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
    InstallRuntime | CreateEngine | RemoveEngine | AdoptGraph | BuildCopy | Amend | FillType
    | ExportType | CarryType | VerifyCopy | Switch | MarkGraph | ClearGraph | StartUnit
    | RemoveCopy | RemoveGraph
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


def engine_type(act: Act) -> str:
    """The type of the engine whose driver does an act."""
    match act:
        case InstallRuntime() | RemoveEngine():
            return act.type
        case CreateEngine():
            return act.engine.type
        case _:
            return act.graph.engine.type
