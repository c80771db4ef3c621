"""Identity: the one key in which the desired and the live side meet, and who owns a thing."""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_TENANT = "default"
DEFAULT_ENVIRONMENT = "default"
NAME_PATTERN = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_NAME = re.compile(NAME_PATTERN)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names one declared thing. Written `Kind/name`, with a tenant `tenant:Kind/name`."""

    tenant: str
    kind: str
    name: str

    def __str__(self) -> str:
        prefix = "" if self.tenant == DEFAULT_TENANT else f"{self.tenant}:"
        return f"{prefix}{self.kind}/{self.name}"

    @property
    def belongs_to(self) -> str:
        """The tenant that it is a thing of. A Tenant, which lies in none, is its own."""
        return self.name if self.kind == "Tenant" else self.tenant

    def told_to(self, tenant: str) -> str:
        """How it is named where a tenant reads it: what others have is none of his business."""
        return str(self) if tenant == self.tenant else "something of another tenant"

    def sibling(self, kind: str, name: str) -> Key:
        """The key of another thing of the same tenant."""
        return Key(self.tenant, kind, name)


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """Whose a thing is: a project and one of its environments. `id` tells namesakes apart."""

    project: str
    environment: str
    id: str

    def __str__(self) -> str:
        return f"{self.project}/{self.environment}"


def is_name(text: str) -> bool:
    """Whether `text` may name a thing: letters, digits, `_`, `.`, `-`; up to 63."""
    return _NAME.fullmatch(text) is not None
