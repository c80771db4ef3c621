"""A folder in which people write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from reconciler.following.revision import Revision, digest_of
from reconciler.git.address import Address
from reconciler.model.problem import Problem
from reconciler.source.folder import Folder
from reconciler.source.shelf import Shelf


class DirectorySource:
    """The documents of a folder as they are. What they were when they were right is kept here."""

    def __init__(self, address: Address, path: Path, name: str, environment: str) -> None:
        """`name` stands before the names of its files, where there are several sources."""
        self.address = address
        self.name = name
        self.path = path
        self._folder = Folder(path, name, address.tenant)
        self._shelf = Shelf()
        self._environment = environment
        self._good: Folder | None = None
        self._trouble: Problem | None = None

    def folder(self) -> Folder | None:
        """Where people write."""
        return self._folder

    def newest(self) -> Folder | None:
        """Read now. Where it is no repository any more, what was good; else reading it says so."""
        found = replace(self._folder, shelf=self._shelf).read(self._environment)
        self._trouble = found if isinstance(found, Problem) and self._good else None
        if isinstance(found, Problem):
            return self._good or self._folder
        return replace(self._folder, found=found)

    def good(self) -> Folder | None:
        """The documents as they were; its data files are those of now."""
        return self._good

    def accept(self, folder: Folder) -> None:
        """Keep them."""
        self._good = folder

    def revision(self, folder: Folder) -> Revision:
        """A digest: nobody named them."""
        return Revision(self.address.name, digest=digest_of(folder, self._environment))

    def trouble(self) -> Problem | None:
        """Why it could not be read at all; what is wrong with its documents stands in them."""
        return self._trouble
