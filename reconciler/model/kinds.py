"""The kinds that users write, as models: the source of the schemas and of every default.

Names, meanings and defaults are the users' contract (docs/kinds.md). Models are frozen; what only
an engine can judge (its types, its names, its options) is checked by its driver's traits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from reconciler.model.fields import (
    Bytes,
    Count,
    Cpu,
    Duration,
    Model,
    Port,
    Reference,
    TypeText,
    Version,
    as_list,
    as_mapping,
)
from reconciler.model.policy import Guard, PolicySpec
from reconciler.model.tenant import TenantSpec

API_VERSION = "gsctl.io/v1alpha1"


class KubernetesSecret(Model):
    """A key of a Kubernetes Secret."""

    name: str
    key: str


class SecretSource(Model):
    """Where a secret's value is found: exactly one of the three."""

    env: str | None = None
    file: str | None = None
    kubernetes: KubernetesSecret | None = None

    @model_validator(mode="after")
    def _one(self) -> SecretSource:
        if sum(x is not None for x in (self.env, self.file, self.kubernetes)) != 1:
            raise ValueError("name exactly one of env, file, kubernetes")
        return self


class Secret(Model):
    """A reference to a secret, wherever a string stands. Its value is never kept."""

    secret: SecretSource


class Metadata(Model):
    """What every document carries."""

    name: str
    tenant: str | None = Field(None, description="whose it is; references stay inside a tenant")
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    description: str = ""
    protect: StrictBool = Field(
        False, description="never deleted; kept on the live thing, survives removal from git"
    )
    renamed_from: str | None = Field(None, description="the name it had; used once")
    adopt: StrictBool = Field(False, description="take over a foreign thing of this name")


class LocalSubstrate(Model):
    """Processes on this machine."""

    path: str | None = Field(None, description="where data lies; its parent must exist")


class LocalChoice(Model):
    """The local substrate with its settings."""

    local: LocalSubstrate


Substrate = Annotated[
    Literal["local"] | LocalChoice, Field(description="where an engine's units run")
]


class ProjectSpec(Model):
    """The repository as a whole."""

    id: Annotated[str, Field(pattern=r"^[a-z]{8}$", description="8 random letters")]
    substrate: Literal["local"] = "local"
    variables: Mapping[str, str | StrictInt | float | StrictBool] = {}
    guard: Guard = Guard()
    exclude: tuple[str, ...] = Field((), description="paths below the repository not read, globs")


class Resources(Model):
    """What a unit may use."""

    cpu: Cpu | None = None
    memory: Bytes | None = Field(None, description="the most that a server may take")
    storage: Bytes | None = None


class EngineSpec(Model):
    """An engine and where it runs."""

    type: str = Field(description="neug, ladybug, or whatever an installed driver serves")
    version: Version | None = Field(None, description="the engine's own; unset: the newest tested")
    mode: Literal["embedded", "served"] | None = Field(
        None, description="served: a server runs for each graph; unset: as the engine is used to"
    )
    substrate: Substrate | None = Field(None, description="unset: that of the Project")
    resources: Resources = Resources()
    options: Mapping[str, Any] = Field({}, description="the engine's own, checked by its schema")
    depends_on: tuple[Reference, ...] = ()


class Property(Model):
    """A property of a vertex or edge type; a bare type stands for `{type: …}`."""

    type: TypeText
    renamed_from: str | None = None
    description: str = ""


Described = Annotated[Property, as_mapping("type", str | Property)]


class VertexType(Model):
    """A vertex type with its key property."""

    key: str
    properties: Mapping[str, Described]
    renamed_from: str | None = None
    description: str = ""


class Pair(Model):
    """The vertex types at the two ends of an edge."""

    from_: Annotated[str, Field(alias="from")]
    to: str


Multiplicity = Literal["many-to-many", "many-to-one", "one-to-many", "one-to-one"]


class EdgeType(Model):
    """An edge type: one pair by `from` and `to`, or several by `pairs`."""

    from_: Annotated[str | None, Field(alias="from")] = None
    to: str | None = None
    pairs: tuple[Pair, ...] = ()
    properties: Mapping[str, Described] = {}
    multiplicity: Multiplicity = "many-to-many"
    renamed_from: str | None = None
    description: str = ""

    @model_validator(mode="after")
    def _ends(self) -> EdgeType:
        short = self.from_ is not None or self.to is not None
        if short == bool(self.pairs) or (short and not (self.from_ and self.to)):
            raise ValueError("give `from` and `to`, or `pairs`")
        return self

    @property
    def ends(self) -> tuple[tuple[str, str], ...]:
        """The pairs of vertex types, whichever way they were written."""
        if self.from_ and self.to:
            return ((self.from_, self.to),)
        return tuple((pair.from_, pair.to) for pair in self.pairs)


class Format(Model):
    """How the files are written."""

    type: Literal["csv"] = "csv"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    header: StrictBool = True
    quote: Annotated[str, Field(min_length=1, max_length=1)] = '"'
    null_values: tuple[str, ...] = ("",)


class VertexSource(Model):
    """Files that hold vertices; `columns` only where names differ from the header's."""

    files: Annotated[tuple[str, ...], Field(min_length=1)]
    columns: Mapping[str, str | Count] = {}


class EdgeSource(Model):
    """Files that hold edges, and the columns with the keys of both ends."""

    files: Annotated[tuple[str, ...], Field(min_length=1)]
    from_column: str | Count
    to_column: str | Count
    pair: Pair | None = None
    columns: Mapping[str, str | Count] = {}


VertexSources = Annotated[
    tuple[VertexSource, ...], as_list(VertexSource | tuple[VertexSource, ...])
]
EdgeSources = Annotated[tuple[EdgeSource, ...], as_list(EdgeSource | tuple[EdgeSource, ...])]


class Range(Model):
    """How many rows are expected."""

    min: Count | None = None
    max: Count | None = None


class LoadBody(Model):
    """What a load says, apart from its graph."""

    mode: Literal["replace", "append"] = "replace"
    format: Format = Format()
    vertices: Mapping[str, VertexSources] = {}
    edges: Mapping[str, EdgeSources] = {}
    on_duplicate_key: Literal["error", "first"] = "error"
    on_dangling_edge: Literal["error", "drop"] = "error"
    on_null: Literal["error", "default"] = "error"
    expect: Mapping[str, Count | Range] = {}
    limit: Annotated[StrictInt, Field(ge=1)] | None = None
    depends_on: tuple[Reference, ...] = ()


class LoadSpec(LoadBody):
    """Rows for types of a graph, from files."""

    graph: str


class Endpoint(Model):
    """Where a served graph answers."""

    port: Port | None = Field(None, description="unset: a free one, chosen once and kept")
    relay: bool = Field(
        default=False,
        description="a switch on the port: clients stay connected while copies change",
    )


class GraphSpec(Model):
    """A graph: its types, and the engine that keeps it."""

    engine: str
    vertices: Mapping[str, VertexType] = {}
    edges: Mapping[str, EdgeType] = {}
    endpoint: Endpoint = Endpoint()
    strategy: Literal["auto", "in-place", "blue-green", "recreate"] = "auto"
    keep_previous: Duration = "24h"
    writes: Literal["declared", "open"] = "declared"
    load: LoadBody | None = Field(None, description="one Load inline; its name is the graph's")
    depends_on: tuple[Reference, ...] = ()


class ProcedureTest(Model):
    """A call and how many rows it must give."""

    call: Mapping[str, Any] = {}
    rows: Count | Range = Range(min=1)


class ProcedureSpec(Model):
    """A named query with parameters."""

    graph: str
    language: Literal["cypher"] = "cypher"
    parameters: Mapping[str, TypeText] = {}
    query: str
    tests: tuple[ProcedureTest, ...] = ()
    depends_on: tuple[Reference, ...] = ()


Spec = ProjectSpec | EngineSpec | GraphSpec | LoadSpec | ProcedureSpec | PolicySpec | TenantSpec

SPECS: Mapping[str, type[Model]] = {
    "Project": ProjectSpec,
    "Engine": EngineSpec,
    "Graph": GraphSpec,
    "Load": LoadSpec,
    "Procedure": ProcedureSpec,
    "Policy": PolicySpec,
    "Tenant": TenantSpec,
}
# Fields of the contract that this version does not serve, by the model of a kind's spec.
LATER_FIELDS: Mapping[str, tuple[str, ...]] = {
    "EngineSpec": ("url", "workers", "placement", "idle"),
}
LATER_KINDS = ("Job",)  # in the contract, not served by this version
