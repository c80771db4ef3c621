"""What files said when they were read before: the same bytes are parsed once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from reconciler.model.problem import Problem
from reconciler.source.places import Flat, Places
from reconciler.source.yaml import Document, read_documents

Said = tuple[tuple[Document, ...], tuple[Problem, ...]]


@dataclass(slots=True)
class Shelf:
    """What each file of one folder said, by its name and the digest of its bytes.

    Who has one reads every file each time, and parses those that changed. For one thread.
    """

    _before: dict[str, tuple[bytes, Said]] = field(default_factory=dict)
    _now: dict[str, tuple[bytes, Said]] = field(default_factory=dict)

    def begin(self) -> None:
        """A new reading of the folder: what the one before did not find is forgotten."""
        self._before, self._now = self._now, {}

    def said(self, name: str, data: bytes) -> Said:
        """The documents of a file, as `read_documents`; nobody may change them."""
        digest = hashlib.sha256(data).digest()
        known = self._before.get(name)
        if known and known[0] == digest:
            said = known[1]
        else:
            said = read_documents(name, data)
            for document in said[0]:
                _flatten(document)
        self._now[name] = (digest, said)
        return said


def _flatten(document: Document) -> None:
    """Keep the places of a document that is whole in little room: few are ever asked for."""
    places, keys = document.positions.places, document.positions.keys
    if not document.problems and isinstance(places, Places) and isinstance(keys, Places):
        flat = Flat(document.body, places.root)
        places.flatten(flat)
        keys.flatten(flat)
