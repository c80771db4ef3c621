"""What a call was told: its global options, and the coordinator that they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.model.key import DEFAULT_ENVIRONMENT

FORMATS = ("table", "json", "yaml", "csv", "markdown", "mermaid", "dot", "sarif", "github")


@dataclass(frozen=True, slots=True)
class Choices:
    """The global options, as given."""

    directory: Path | None = None
    environment: str = DEFAULT_ENVIRONMENT  # the first that was named
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str | None = None
    root: Path | None = None
    data_roots: tuple[Path, ...] = ()
    format: str = "table"
    verbose: bool = False
    coordinator: str = ""  # an address, the name of a context, or `none`
    environment_named: bool = False  # it was chosen, and is not just the default
    environments: tuple[str, ...] = (DEFAULT_ENVIRONMENT,)  # `serve` keeps several


@dataclass(frozen=True, slots=True)
class Target:
    """A coordinator that answers. `context` is the name of the one that told of it, else empty."""

    url: str
    environment: str
    tenant: str | None = None
    token: str = field(default="", repr=False)
    context: str = ""

    def __str__(self) -> str:
        return f"{self.url} (context {self.context})" if self.context else self.url
