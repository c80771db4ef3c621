"""What is followed of a source at this moment, for people: which commit, or which documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256

from reconciler.model.problem import Problem
from reconciler.source.folder import Folder


@dataclass(frozen=True, slots=True)
class Revision:
    """Of the source of that name: a commit, and when it was made, in UTC seconds.

    Of a folder in which people write there is no commit, but a `digest` of its documents.
    """

    source: str
    commit: str = ""
    at: float | None = None
    digest: str = ""


def digest_of(folder: Folder, environment: str) -> str:
    """The same for the same documents in the same files; empty where they cannot be read."""
    found = folder.read(environment)
    if isinstance(found, Problem):
        return ""
    told = [[(d.positions.file, d.body) for d in part] for part in (found.base, found.overlay)]
    return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()
