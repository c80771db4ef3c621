"""Why a thing is as it is: who asks for it, since when, what stands on it, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from reconciler.api import Api, Planned
from reconciler.evidence import Came, came
from reconciler.look import look
from reconciler.model.catalog import Catalog
from reconciler.model.change import Change, FieldChange, near
from reconciler.model.estimate import Rerun
from reconciler.model.key import Key
from reconciler.model.observed import LiveGraph
from reconciler.model.plan import HeldGraph
from reconciler.model.problem import Location, Problem
from reconciler.model.resource import Resource
from reconciler.model.step import Step
from reconciler.model.wish import GraphWish
from reconciler.planner import path_before
from reconciler.queries.touching import touched
from reconciler.things import Thing

Path = tuple[str, ...]


class Nowhere(Enum):
    """Stands for a part that a side does not have; None is a value."""

    NOWHERE = "nowhere"


NOWHERE = Nowhere.NOWHERE


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: a thing, or a part of it by its path in the spec."""

    key: Key
    path: Path = ()

    def __str__(self) -> str:
        return ".".join([str(self.key), *self.path])


@dataclass(frozen=True, slots=True)
class Wanted:
    """The line that asks for something. `written` is false where a default does."""

    at: Location
    excerpt: str
    written: bool


@dataclass(frozen=True, slots=True)
class Why:
    """All that is known about one subject. `wish` and `live` are NOWHERE where there is none."""

    subject: Subject
    thing: Thing
    wanted: Wanted | None
    wish: Any
    live: Any
    came: tuple[Came, ...] = ()
    serves_since: str | None = None
    stands_on: tuple[str, ...] = ()
    under: tuple[str, ...] = ()  # what stands on it
    drift: tuple[str, ...] = ()
    held: HeldGraph | None = None
    change: Change | None = None
    fields: tuple[FieldChange, ...] = ()  # of the change, those that bear on the path
    steps: tuple[Step, ...] = ()
    because: Mapping[Key, Rerun] = field(default_factory=dict)  # rows that run it again

    @property
    def blocked(self) -> Problem | None:
        """Why nothing can be done about it."""
        return self.change.blocked if self.change else None


@dataclass(frozen=True, slots=True)
class Story:
    """What is known of what was asked. `subject` None: no such thing; `why` None: no such part."""

    planned: Planned
    subject: Subject | None
    why: Why | None


def story(api: Api, text: str) -> Story:
    """Look, and tell of what an address names, as `Subject` spells it. Raises NoProject."""
    planned, every = look(api)
    things = {thing.key: thing for thing in every}
    subject = subject_of(text, {str(key): key for key in things})
    return Story(planned, subject, why(api, planned, things, subject) if subject else None)


def subject_of(text: str, keys: Mapping[str, Key]) -> Subject | None:
    """`Graph/x.vertices.P` split into a known thing and a path below it; the longest name wins.

    `keys` are the known things, by address. Names of things may have dots.
    """
    parts = text.split(".")
    for number in range(len(parts), 0, -1):
        if key := keys.get(".".join(parts[:number])):
            return Subject(key, tuple(parts[number:]))
    return None


def why(api: Api, planned: Planned, things: Mapping[Key, Thing], subject: Subject) -> Why | None:
    """Gather it from both sides, the plan and the ledger. None where neither side has the part."""
    thing = things[subject.key]
    wish, live = _part(thing.spec, subject.path), _part(thing.live, subject.path)
    resource = planned.desired.resources.get(subject.key)
    wanted = _wanted(resource, subject.path) if resource and thing.spec is not None else None
    if subject.path and wish is live is NOWHERE and not (wanted and wanted.written):
        return None
    home = _home(planned, subject.key)
    change = next((c for c in planned.plan.changes if c.key == subject.key), None)
    links = _Links(planned, subject, home)
    return Why(
        subject, thing, wanted, wish, live,
        tuple(came(api.ledger.runs(), subject.key, _paths(planned, subject, home))),
        _since(planned.live.graphs.get(home) if home else None),
        tuple(sorted(links.below())), tuple(sorted(links.above())),
        tuple(d for d in thing.status.drift if _speaks_of(d, subject.path)),
        next((h for h in planned.plan.held if h.key == home), None),
        change, tuple(f for f in change.fields if near(f.path, subject.path)) if change else (),
        tuple(_steps(planned, subject, home)), _because(planned, subject.key),
    )  # fmt: skip


def _part(side: Mapping[str, Any] | None, path: Path) -> Any:
    node: Any = side if side is not None else NOWHERE
    for name in path:
        node = node.get(name, NOWHERE) if isinstance(node, Mapping) else NOWHERE
    return node


def _wanted(resource: Resource, path: Path) -> Wanted | None:
    positions = resource.positions
    if positions is None:
        return None
    named = ("metadata", "name")  # a Load in its Graph's document has none
    top = named if named in positions.keys else ("spec",)
    whole = top if not path else path if path[0] == "metadata" else ("spec", *path)
    over = positions.over
    written = not path or whole in positions.keys or bool(over and whole in over.keys)
    told = positions.problem(whole, Problem("note", ""), key=True)
    return Wanted(told.at, told.excerpt, written) if told.at else None


def _home(planned: Planned, key: Key) -> Key | None:
    """The graph that a thing is, or is part of."""
    if key.kind == "Graph":
        return key
    for graph, wish in planned.graphs.items():
        if any(load.key == key for load in wish.loads) or key in _procedures(wish):
            return graph
    for graph, live in planned.live.graphs.items():
        record = live.serving.record if live.serving else None
        fills = (f.load for found in record.fills.values() for f in found) if record else ()
        names = {*fills, *(record.procedures if record else ())}
        if key.kind in ("Load", "Procedure") and key.name in names and key.tenant == graph.tenant:
            return graph
    return None


def _procedures(wish: GraphWish) -> set[Key]:
    return {wish.key.sibling("Procedure", name) for name in wish.procedures}


def _since(live: LiveGraph | None) -> str | None:
    """Since when the copy that answers does."""
    pointer = live.pointer if live else None
    return _time(pointer.switched_at) if pointer and pointer.switched_at else None


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _paths(planned: Planned, subject: Subject, home: Key | None) -> set[Path]:
    """The subject's path, and that by the names before the renames that were applied."""
    live = planned.live.graphs.get(home) if home else None
    record = live.serving.record if live and live.serving else None
    return {subject.path, path_before(subject.path, record.renames if record else {})}


def _speaks_of(drift: str, path: Path) -> bool:
    """Whether a line about drift, which begins with `Type` or `Type.property`, bears on a path."""
    if len(path) < 2:
        return True
    said = drift.split(maxsplit=1)[0].split(".")
    return said[0] == path[1] and (len(path) < 4 or len(said) < 2 or said[1] == path[3])


def _because(planned: Planned, key: Key) -> Mapping[Key, Rerun]:
    return {row: rerun for row, reruns in planned.estimates.reruns.items()
            for rerun in reruns if rerun.key == key}  # fmt: skip


def _steps(planned: Planned, subject: Subject, home: Key | None) -> Iterator[Step]:
    """The plan's steps that bear on the subject: of a type, what touches that type."""
    session = home or subject.key
    for step in planned.plan.steps:
        act = step.act
        load = getattr(act, "load", None)
        if step.session != session:
            continue
        if subject.key.kind == "Load" and load and act.fill.load != subject.key.name:  # type: ignore[union-attr]  # only a fill has a load
            continue
        if len(subject.path) >= 2 and load and load.type != subject.path[1]:
            continue
        yield step


class _Links:
    """What the subject stands on, and what stands on it: by references, types and queries."""

    def __init__(self, planned: Planned, subject: Subject, home: Key | None) -> None:
        self._planned, self._subject = planned, subject
        self._wish = planned.graphs.get(home) if home else None
        live = planned.live.graphs.get(home) if home else None
        copy = live.serving if live else None
        self._catalog = self._wish.catalog if self._wish else copy.catalog if copy else Catalog()
        self._home = home

    def below(self) -> set[str]:
        """What it stands on."""
        key, path = self._subject.key, self._subject.path
        resource = self._planned.desired.resources.get(key)
        if not path:
            found = {str(need) for need in resource.needs} if resource else set()
            return found | self._of_procedure()
        found = {str(Subject(key, path[:-2] if len(path) > 2 else ()))}
        edge = self._catalog.edges.get(path[1]) if len(path) == 2 else None
        if edge:
            found |= {f"{key}.vertices.{end}" for pair in edge.pairs for end in pair}
        return found

    def _of_procedure(self) -> set[str]:
        wish, key = self._wish, self._subject.key
        text = wish.procedures.get(key.name) if wish and key.kind == "Procedure" else None
        if text is None:
            return set()
        return {self._address(type_) for type_, name in touched(text.query)
                if not name and self._known(type_)}  # fmt: skip

    def above(self) -> set[str]:
        """What stands on it."""
        key, path = self._subject.key, self._subject.path
        if not path:
            resources = self._planned.desired.resources
            return {str(other) for other, found in resources.items() if key in found.needs}
        if key.kind != "Graph" or len(path) < 2 or not self._known(path[1]):
            return set()
        name = path[3] if len(path) > 3 and path[2] == "properties" else ""
        return {*self._edges(path[1], name), *self._loads(path[1], name),
                *self._queries(path[1], name)}  # fmt: skip

    def _known(self, type_: str) -> bool:
        return type_ in self._catalog.vertices or type_ in self._catalog.edges

    def _address(self, type_: str) -> str:
        group = "vertices" if type_ in self._catalog.vertices else "edges"
        return f"{self._home}.{group}.{type_}"

    def _edges(self, type_: str, name: str) -> set[str]:
        vertex = self._catalog.vertices.get(type_)
        if vertex is None or name not in ("", vertex.key):
            return set()
        return {self._address(edge) for edge in self._catalog.touching(type_)}

    def _loads(self, type_: str, name: str) -> set[str]:
        return {
            str(load.key)
            for load in (self._wish.loads if self._wish else ())
            for content in load.types
            for source in content.sources
            if content.type == type_ and (not name or name in source.columns)
        }

    def _queries(self, type_: str, name: str) -> set[str]:
        found = set()
        for key, procedure in (self._wish.procedures if self._wish else {}).items():
            used = touched(procedure.query)
            if (type_, name) in used or (name and ("", name) in used):
                found.add(str(self._wish.key.sibling("Procedure", key)) if self._wish else key)
        return found
