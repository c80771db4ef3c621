"""What an embedded engine must tell of itself; everything else is the same for all of them.

Each part is small enough to be a module of the engine's: a module with these names will do.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from reconciler.contracts import Endpoint
from reconciler.embedded import cypher, ddl
from reconciler.loads.check import CsvReading
from reconciler.model.catalog import Catalog, Pair
from reconciler.model.catalog_op import CatalogOp
from reconciler.model.record import Record
from reconciler.model.traits import Traits
from reconciler.model.wish import EngineWish

Schema = Mapping[str, Any]  # an engine's own account of its types, as its host gives it


@dataclass(frozen=True, slots=True)
class Reading:
    """What a database holds: types in the contract's words, string widths, our record."""

    catalog: Catalog
    widths: Mapping[str, int] = field(default_factory=dict)
    record: Record | None = None


class Files(Protocol):
    """A database as files, in a copy's folder: read without the engine, and cloned."""

    SHARED: bool  # whether a copy may be opened to read beside its server

    def state(self, copy: Path) -> str | None:
        """A token that changes with every change that was checkpointed; None: no database."""
        ...

    def has_log(self, copy: Path) -> bool:
        """Whether changes wait in a log, which only the engine can bring in."""
        ...

    def settled(self, copy: Path) -> bool:
        """Whether `manifest` tells all; else the engine must be asked."""
        ...

    def manifest(self, copy: Path) -> Schema | None:
        """The schema as it was last left; None where there is none that can be read."""
        ...

    def clone(self, copy: Path, target: Path) -> str:
        """Clone a checkpointed database into a folder that is not there yet; the state it was in.

        Raises OSError.
        """
        ...

    def checkpoint_bytes(self, copy: Path) -> int:
        """What a checkpoint may write at most."""
        ...

    def lock(self, copy: Path) -> Path:
        """The file by whose lock the engine keeps others out."""
        ...


class Speech(Protocol):
    """An engine's own statements, where they are not those of `ddl` and `cypher`."""

    CSV: CsvReading  # what COPY does to values
    KEYS_ESCAPE: str  # what stands before a quote in the files that it writes
    ROWS_FIRST: bool  # whether rows are whole only after a checkpoint, and a record waits for it

    def spelled(self, type_: str, width: int | None) -> str:
        """A property type; `width` in bytes for a string."""
        ...

    def copy_from(
        self, type_: str, path: str, pair: Pair | None, delimiter: str, *, header: bool
    ) -> str:
        """Bring a CSV file into a table, by position; a missing table is an error."""
        ...

    def by_hand(self, type_: str, pair: Pair | None, name: str, kind: str) -> str | None:
        """How many rows have a value of their own; None where that cannot be asked."""
        ...

    def record_swap(self, schema: Schema, record: Record) -> Iterator[str]:
        """Replace our record, inside a transaction that is open."""
        ...

    def read(self, schema: Schema) -> Reading:
        """Make sense of a schema. Raises Unreadable for a record of ours that is damaged."""
        ...


class Types(Protocol):
    """Statements that make and change types. `ddl` has those of Cypher."""

    def statements(
        self, ops: Iterable[CatalogOp], catalog: Catalog, widths: Mapping[str, int],
        spelled: Callable[[str, int | None], str],
    ) -> Iterator[str]:  # fmt: skip
        """What changes the types, in order; a difference that nobody knew of is an error."""
        ...

    def create(
        self, type_: str, catalog: Catalog, widths: Mapping[str, int],
        spelled: Callable[[str, int | None], str],
    ) -> str:  # fmt: skip
        """What makes one type of `catalog`."""
        ...

    def drop(self, type_: str) -> str:
        """What drops a type with its rows."""
        ...


class Questions(Protocol):
    """Questions about rows. `cypher` has those of Cypher."""

    def count(self, type_: str, pair: Pair | None) -> str:
        """One row with how many rows a vertex type has, or an edge type between one pair."""
        ...

    def keys_to(self, type_: str, key: str, path: str) -> str:
        """What writes the keys of a vertex type to a CSV file with a header."""
        ...

    def vertices(self, type_: str, columns: Iterable[str], key: str) -> str:
        """All vertices of a type, by key: a row has the values of `columns`."""
        ...

    def edges(self, type_: str, pair: Pair, keys: Pair, columns: Iterable[str]) -> str:
        """All edges between one pair: a row has both ends' keys, then the values of `columns`."""
        ...

    def crowded(self, type_: str, pair: Pair, key: str, *, end: str) -> str:
        """The keys of vertices with several edges at their `end` (`from`, `to`), and how many."""
        ...


class Program(Protocol):
    """The engine's part of the process in its runtime, and how to speak with it."""

    SCRIPT: Path  # the engine's part of `host`, see there
    ENVIRONMENT: Mapping[str, str]
    HEALTH: str  # paths of a server: 200 once it is up; the schema as JSON
    SCHEMA: str

    def requirement(self, version: str) -> str:
        """What is installed for a version; empty where Python's own library is all it needs."""
        ...

    def server_arguments(self, engine: EngineWish) -> Sequence[str]:
        """What `serve` is told after the folder and the port."""
        ...

    def memory_limit(self, engine: EngineWish) -> int | None:
        """The most bytes that the system lets a server take; None: it keeps to a bound itself."""
        ...

    def refusal(self, says: str, kind: str) -> Exception:
        """An error of the host as Refused, Locked or Unanswered."""
        ...

    def reason(self, says: str) -> str:
        """The engine's reason alone, without the query before it and its source lines."""
        ...

    def last_words(self, log: Sequence[str]) -> str:
        """Why a host died, as far as its log tells."""
        ...

    def endpoint(self, folder: Path, url: str | None) -> Endpoint:
        """How a user's program speaks with a graph: at `url`, or in `folder`."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """One embedded engine. One that does not speak Cypher brings its own `types`, `questions`."""

    traits: Traits
    files: Files
    speech: Speech
    program: Program
    types: Types = ddl
    questions: Questions = cypher

    def python(self, version: str, runtime: Callable[[str], Path]) -> Path:
        """The Python to run a version with; `runtime` makes one of a requirement."""
        requirement = self.program.requirement(version)
        return runtime(requirement) if requirement else Path(sys.executable)
