"""The live side at one moment. What is in neither mapping is absent; in `unknown`, unseen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.model.catalog import Catalog
from reconciler.model.key import Key, Owner
from reconciler.model.policy import UNRESTRAINED, Restraint, Suspension
from reconciler.model.problem import Problem
from reconciler.model.record import Record
from reconciler.model.unit import Unit
from reconciler.model.wish import Held, Mode, Place, Settings


@dataclass(frozen=True, slots=True)
class LiveEngine:
    """An engine's own mark, read at its place."""

    key: Key
    place: Place
    owner: Owner | None  # None: nobody's mark
    ours: bool
    spec: Mapping[str, Any] = field(default_factory=dict)  # as EngineWish.plain
    protect: bool = False
    guard: Mapping[str, int] = field(default_factory=dict)
    strangers: tuple[str, ...] = ()  # what lies at the place and is not ours
    named: Key | None = None  # whose place its mark says that it is
    restraint: Restraint = UNRESTRAINED
    elsewhere: tuple[LiveEngine, ...] = ()  # what lies of it at other places: a move is under way

    def at(self, place: Place) -> LiveEngine | None:
        """What lies of it at `place`."""
        found = (part for part in (self, *self.elsewhere) if part.place == place)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class LiveCopy:
    """One physical copy of a graph.

    `verified` once it was whole and its rows were counted. `widths` maps `Type.property` to the
    bytes that a string may have. `rows` by type, None until asked for. `values` counts, for each
    `Type.property` that no load feeds, the rows with another value than the type's zero.
    """

    id: str
    catalog: Catalog
    record: Record | None
    verified: bool
    widths: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    size_bytes: int = field(default=0, compare=False)  # changes with each checkpoint

    def rows_of(self, type_: str) -> int:
        """Rows of a type: counted where that was asked for, else as recorded."""
        if self.rows is not None:
            return self.rows.get(type_, 0)
        return self.record.rows(type_) if self.record else 0


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is kept of a graph's name beside its copies: which of them answers."""

    uid: str
    name: str
    tenant: str
    owner: Owner
    copy: str
    mode: Mode
    settings: Settings
    port: int | None = None  # chosen once and kept
    previous: str | None = None
    switched_at: float = 0.0  # UTC seconds
    protect: bool = False
    engine: str = ""
    renamed_from: str | None = None  # the name before, once its hint was applied
    held: Held | None = None  # a wish that is not to be tried again
    moves: int = 0  # of two pointers of a graph at two places the one that moved later is true
    backend: int | None = None  # where the server listens that a relay on `port` passes on to
    adopted: str | None = None  # the folder of somebody's own that becomes its first copy
    restraint: Restraint = UNRESTRAINED
    applied: str = ""  # a digest of the wish that was last applied: what differs since is drift


@dataclass(frozen=True, slots=True)
class LiveGraph:
    """A graph with its copies."""

    key: Key
    engine: Key
    place: Place
    uid: str
    ours: bool
    owner: Owner | None
    pointer: Pointer | None
    copies: Mapping[str, LiveCopy] = field(default_factory=dict)
    unit: Unit | None = None  # its server
    leftovers: tuple[str, ...] = ()  # unfinished things that no plan can go on with
    relay: Unit | None = None
    strays: tuple[Unit, ...] = ()  # servers beside `unit`: a crash between two left them
    elsewhere: tuple[LiveGraph, ...] = ()  # what lies of it at other places: a move is under way
    suspended: Suspension | None = None  # as kept beside the pointer, where that was lost
    bare: bool = False  # a database beside our graphs, which `uid` names: below no pointer
    busy: str = ""  # of what is not ours: why nobody may take it over now
    served_at: str = ""  # host:port of a server that is not ours

    @property
    def address(self) -> str | None:
        """Where clients reach it, as host:port."""
        front = self.relay or self.unit
        return front.address if front else None

    @property
    def serving(self) -> LiveCopy | None:
        """The copy that answers under the graph's name."""
        return self.copies.get(self.pointer.copy) if self.pointer else None

    @property
    def previous(self) -> LiveCopy | None:
        """The copy that answered before, where it is still kept."""
        back = self.pointer.previous if self.pointer else None
        return self.copies.get(back) if back else None


def alike(one: LiveGraph, other: LiveGraph) -> bool:
    """Whether nothing tells them apart: equal, and their copies take the same room."""
    sizes = ([copy.size_bytes for copy in graph.copies.values()] for graph in (one, other))
    return one == other and next(sizes) == next(sizes)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was seen, and what could not be."""

    engines: Mapping[Key, LiveEngine] = field(default_factory=dict)
    graphs: Mapping[Key, LiveGraph] = field(default_factory=dict)
    unknown: Mapping[Key, Problem] = field(default_factory=dict)
    twins: Mapping[Key, tuple[LiveGraph, ...]] = field(default_factory=dict)  # of one name, unclear
    problems: tuple[Problem, ...] = ()
    units: tuple[Unit, ...] = ()  # all that runs, also of what could not be seen
    now: float = 0.0  # UTC seconds, when it was taken
