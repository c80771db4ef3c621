"""What can be said of a plain document before it is known to be valid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reconciler.model.kinds import LATER_KINDS, SPECS
from reconciler.model.resource import Path

OUR_KINDS = (*SPECS, *LATER_KINDS)
API_PREFIX = "gsctl.io/"


@dataclass(frozen=True, slots=True)
class Identity:
    """Kind and name as written; tenant None where none is."""

    kind: str
    name: str
    tenant: str | None = None

    def __str__(self) -> str:
        return (
            f"{self.tenant}:{self.kind}/{self.name}" if self.tenant else f"{self.kind}/{self.name}"
        )


def identity(body: Any) -> Identity | None:
    """The identity of a document; None where kind or name is missing or no text."""
    if not isinstance(body, dict) or not isinstance(metadata := body.get("metadata"), dict):
        return None
    kind, name, tenant = body.get("kind"), metadata.get("name"), metadata.get("tenant")
    if not isinstance(kind, str) or not isinstance(name, str):
        return None
    return Identity(kind, name, tenant if isinstance(tenant, str) else None)


def is_ours(body: Any) -> bool:
    """Whether a document speaks to us: by its kind or by its apiVersion."""
    if not isinstance(body, dict):
        return False
    version, kind = body.get("apiVersion"), body.get("kind")
    if isinstance(version, str) and version.startswith(API_PREFIX):
        return True
    return isinstance(kind, str) and kind in OUR_KINDS


def text_at(path: Path) -> str:
    """`spec.vertices.Package.files[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def is_foreign(body: Any) -> bool:
    """Whether a document, read in part, is already known to be somebody else's."""
    if not isinstance(body, dict) or is_ours(body):
        return False
    return isinstance(body.get("kind"), str) or isinstance(body.get("apiVersion"), str)
