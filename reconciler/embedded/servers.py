"""The processes of one graph: its server, a relay before it, and what a crash left beside them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.contracts import Floor
from reconciler.copies.layout import GraphFolder
from reconciler.embedded.client import HOST, answers
from reconciler.embedded.lookup import Lookup
from reconciler.model.observed import Pointer
from reconciler.model.step import GraphAt
from reconciler.model.unit import Role, Unit, UnitMark, UnitSpec, unit_name
from reconciler.planner import unit_digest
from reconciler.relay import hold
from reconciler.relay.names import VERSION

_GRACE_S = 15.0  # a server checkpoints when it closes
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Units:
    """A graph's units, told apart. `strays` are servers that nobody is led to."""

    server: Unit | None = None
    relay: Unit | None = None
    strays: tuple[Unit, ...] = ()

    @property
    def all(self) -> tuple[Unit, ...]:
        """Every one of them, the relay first."""
        found = (self.relay, self.server, *self.strays)
        return tuple(unit for unit in found if unit is not None)


def told_apart(units: Sequence[Unit], pointer: Pointer | None) -> Units:
    """Which of a graph's units is what: its server is the one that the pointer leads to."""
    relays = [unit for unit in units if unit.mark.role == "relay"]
    servers = [unit for unit in units if unit.mark.role == "server"]
    if pointer:
        servers.sort(key=lambda u: (u.copy != pointer.copy, u.port != address_port(pointer)))
    return Units(servers[0] if servers else None, relays[0] if relays else None,
                 tuple(servers[1:]))  # fmt: skip


def address_port(pointer: Pointer) -> int | None:
    """The port that the server itself listens on."""
    return pointer.backend if pointer.settings.relay else pointer.port


class Servers:
    """Starts and stops a graph's processes."""

    def __init__(self, lookup: Lookup, floor: Floor, graph: GraphAt, folder: GraphFolder) -> None:
        self._lookup = lookup
        self._floor = floor
        self._graph = graph
        self._folder = folder

    def units(self, pointer: Pointer | None) -> Units:
        """The graph's units, as they are now."""
        uid = self._graph.uid
        found = [u for u in self._floor.substrate.units() if u.mark.uid == uid]
        return told_apart(found, pointer)

    def placed(self, pointer: Pointer, units: Units) -> Pointer:
        """The pointer with the ports that are still to be chosen. Raises UnitFailed."""
        if pointer.mode != "served":
            return replace(pointer, backend=None)
        name = self._name(pointer)
        free_port = self._floor.substrate.free_port
        port = pointer.port or free_port(name, None, frozenset())
        if not pointer.settings.relay:
            return replace(pointer, port=port, backend=None)
        for unit in units.all:  # one that runs as wished already, after a crash or a lost relay
            if unit.port != port and self._is_wished(unit, replace(pointer, backend=unit.port)):
                return replace(pointer, port=port, backend=unit.port)
        backend = free_port(f"{name}/{pointer.copy}", None, frozenset({port}))
        return replace(pointer, port=port, backend=backend)

    def claim_ports(self, pointer: Pointer, units: Units) -> None:
        """Speak for the ports that are wished.

        Raises UnitFailed where one is a stranger's, with whose it is.
        """
        ours = {unit.port for unit in units.all}
        for port in (pointer.port, pointer.backend):
            if pointer.mode == "served" and port and port not in ours:
                self._floor.substrate.free_port(pointer.name, port, frozenset())
            elif pointer.mode == "served" and port:
                self._floor.substrate.keep_port(port)

    def unfit(self, pointer: Pointer, units: Units) -> tuple[Unit, ...]:
        """Those that are not what the pointer wants: to be stopped."""
        served = pointer.mode == "served"
        return tuple(unit for unit in units.all if not (served and self._is_wished(unit, pointer)))

    def stop(self, units: Sequence[Unit]) -> None:
        """Stop units, each after what it has to bring to its end."""
        for unit in units:
            self._floor.substrate.stop(unit, _GRACE_S)

    def serve(self, pointer: Pointer) -> None:
        """Start what the pointer wants and does not run yet. Raises UnitFailed, Unanswered."""
        self.begin(pointer)
        if pointer.settings.relay:
            self._relay(pointer)

    def begin(self, pointer: Pointer) -> None:
        """Start the server alone, or wait for one that a crash left as it began.

        Raises UnitFailed, Unanswered.
        """
        path = self._lookup.find(self._folder, pointer.copy)
        assert path, "a copy that was found before the switch is there after it"
        port, units = address_port(pointer), self.units(pointer)
        assert port, "ports are chosen before a server starts"
        self.claim_ports(pointer, units)
        version = self._version(pointer)
        dialect = self._lookup.dialect
        program, python = dialect.program, dialect.python(version, self._floor.runtime)
        command = (str(python), str(HOST), str(program.SCRIPT), "serve", str(path), str(port),
                   *program.server_arguments(self._graph.engine))  # fmt: skip
        mark = self._as_it_runs("server", pointer, units) or self._mark(pointer)
        spec = UnitSpec(self._name(pointer), mark, command, program.ENVIRONMENT,
                        program.memory_limit(self._graph.engine))  # fmt: skip
        self._floor.substrate.start(spec, lambda: answers(port, program.HEALTH), _START_S)

    def _relay(self, pointer: Pointer) -> None:
        runs = self._as_it_runs("relay", pointer, self.units(pointer))
        command = (sys.executable, "-I", "-m", "reconciler.relay", str(pointer.port),
                   str(self._folder.path))  # fmt: skip
        mark = runs or self._relay_mark(pointer)
        spec = UnitSpec(self._name(pointer, relay=True), mark, command)
        self._floor.substrate.start(spec, lambda: hold.answers(self._folder.path), _START_S)

    def _as_it_runs(self, role: Role, pointer: Pointer, units: Units) -> UnitMark | None:
        """The mark of the unit that runs as wished, if one does: that one is waited for."""
        wished = (u.mark for u in units.all if u.mark.role == role and self._is_wished(u, pointer))
        return next(wished, None)

    def _name(self, pointer: Pointer, *, relay: bool = False) -> str:
        return unit_name(self._graph.engine.key, pointer.name, relay=relay)

    def _is_wished(self, unit: Unit, pointer: Pointer) -> bool:
        """Whatever the graph was called when the unit was started."""
        relay = unit.mark.role == "relay"
        if unit.state != "up" or (relay and not pointer.settings.relay):
            return False
        wished, has = self._relay_mark(pointer) if relay else self._mark(pointer), unit.mark
        return (has.copy, has.digest, has.port) == (wished.copy, wished.digest, wished.port)

    def _version(self, pointer: Pointer) -> str:
        """A copy is served by the engine that wrote it."""
        path = self._lookup.find(self._folder, pointer.copy)
        record = self._lookup.record_at(path) if path else None
        return record.version if record else self._graph.engine.version

    def _mark(self, pointer: Pointer) -> UnitMark:
        key = self._graph.key
        return UnitMark(
            self._graph.owner, self._floor.root_id, str(self._floor.root_path), key.tenant,
            key.kind, key.name, self._graph.uid, pointer.copy,
            unit_digest(self._graph.engine, self._version(pointer)), address_port(pointer),
        )  # fmt: skip

    def _relay_mark(self, pointer: Pointer) -> UnitMark:
        return replace(self._mark(pointer), copy="", digest=VERSION, port=pointer.port,
                       role="relay")  # fmt: skip


def is_relayed(before: Pointer, after: Pointer) -> bool:
    """Whether a relay stands on the port before the switch and after it: two servers may run."""
    fronted = (before.mode, before.settings.relay, before.port)
    return fronted == (after.mode, after.settings.relay, after.port) == ("served", True, after.port)
