"""One source: what it has now, and what it had when nothing was wrong with it."""

from __future__ import annotations

from typing import Protocol

from reconciler.following.revision import Revision
from reconciler.git.address import Address
from reconciler.model.problem import Problem
from reconciler.source.folder import Folder


class Source(Protocol):
    """Asked by the loop's thread: it never waits for another machine."""

    address: Address
    name: str  # stands before the names of its files, where there are several sources

    def folder(self) -> Folder | None:
        """Where what it has now lies; nothing is read."""
        ...

    def newest(self) -> Folder | None:
        """What it has now; None where nothing of it was ever seen."""
        ...

    def good(self) -> Folder | None:
        """What it had when nothing was wrong with its documents."""
        ...

    def accept(self, folder: Folder) -> None:
        """Nothing is wrong with these documents of it."""
        ...

    def revision(self, folder: Folder) -> Revision:
        """What these documents of it are called."""
        ...

    def trouble(self) -> Problem | None:
        """Why it is not followed to where it points now."""
        ...
