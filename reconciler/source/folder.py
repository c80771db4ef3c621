"""One of the folders that documents are read from, and what that says about them.

Codes: GI110 a document of another tenant than its source is bound to, GI111 a kind that only comes
from a source without a tenant, GI114 a tenant's engine at a place of its own choice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reconciler.model.problem import Problem
from reconciler.source.repository import Documents, gather
from reconciler.source.shelf import Shelf
from reconciler.source.yaml import Document

_PLACE = ("spec", "substrate", "local", "path")
UNBOUND_KINDS = ("Project", "Tenant", "Policy")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that documents come from, its documents perhaps read before.

    `name` stands before the names of its files, where there are several. `revision` is the commit
    that was laid out there, made at `made_at` in UTC seconds; empty where people may write in it.
    `shelf` is for who reads it again and again, in one thread.
    """

    root: Path
    name: str = ""
    tenant: str | None = None
    revision: str = ""
    made_at: float | None = field(default=None, compare=False)
    found: Documents | None = field(default=None, compare=False, repr=False)
    shelf: Shelf | None = field(default=None, compare=False, repr=False)

    def read(self, environment: str) -> Documents | Problem:
        """Its documents, read now unless they were."""
        if self.found is not None:
            return self.found
        if self.shelf:
            self.shelf.begin()
        return gather(self.root, environment, Documents(self.name, shelf=self.shelf),
                      must_lead=self.tenant is None, own=bool(self.revision))  # fmt: skip

    def holds(self, file: str) -> bool:
        """Whether a file, as problems name it, is one of its own."""
        return file.startswith(self.name)


def home_of(file: str, folders: Iterable[Folder]) -> Folder:
    """The folder of a file, as problems name it. At least one of them has it."""
    return max((o for o in folders if o.holds(file)), key=lambda folder: len(folder.name))


def leading(folders: Iterable[Folder]) -> Folder | None:
    """The one that the Project comes from: the first that is bound to no tenant."""
    return next((folder for folder in folders if folder.tenant is None), None)


def bound(document: Document, tenant: str) -> Document | Problem:
    """A document of a source that is bound to a tenant: his, or why it cannot be."""
    body, positions = document.body, document.positions
    kind, metadata = body.get("kind"), body.get("metadata")
    if kind in UNBOUND_KINDS:
        says = f"a {kind} comes only from a source without a tenant, and this one is {tenant}'s"
        problem = Problem("error", says, "GI111", hint="remove this document")
        return positions.problem(("kind",), problem)
    if _chooses_place(body):
        says = "a tenant's source does not choose where on this machine its engines lie"
        problem = Problem("error", says, "GI114", hint="leave `path` out")
        return positions.problem(_PLACE, problem)
    if not isinstance(metadata, dict):
        return document  # what it lacks is said when it is validated
    named = metadata.get("tenant")
    if named is not None and named != tenant:
        says = f"this source is {tenant}'s, and the document says another tenant"
        problem = Problem("error", says, "GI110", hint=f"leave `tenant` out: it is {tenant}")
        return positions.problem(("metadata", "tenant"), problem)
    return replace(document, body={**body, "metadata": {**metadata, "tenant": tenant}})


def _chooses_place(part: Any) -> bool:
    """Whether a document names a folder to keep an engine in: it could be another tenant's."""
    for name in _PLACE:
        if not isinstance(part, dict) or name not in part:
            return False
        part = part[name]
    return True
