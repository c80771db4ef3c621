"""A branch of git: the newest commit that may be followed, laid out; and the last good one.

The loop reads what was laid out before; whoever calls `look`, in a thread of his, fetches.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from reconciler.following.revision import Revision
from reconciler.git.address import Address
from reconciler.git.clone import Clone
from reconciler.git.program import Login
from reconciler.git.tree import Tree, lay_out
from reconciler.git.trouble import Trouble
from reconciler.model.problem import Problem
from reconciler.source.folder import Folder
from reconciler.source.shelf import Shelf


class GitSource:
    """What a ref names. Whatever is wrong there, what was followed before is followed on."""

    def __init__(  # noqa: PLR0913  what makes one
        self,
        address: Address,
        clones: Path,
        login: Callable[[], Login],
        name: str,
        environment: str,
        *,
        rewritten: bool = False,
    ) -> None:
        """`login` is asked at each look: what opens a repository may change.

        `rewritten`: follow a branch also when its commits were replaced.
        """
        self.address = address
        self._clone = Clone(clones, address)
        self._login = login
        self.name = name
        self.asked = threading.Event()  # somebody wants a look now
        self._rewritten = rewritten or address.is_pinned
        which = f"{address.path} {address.tenant} {environment}"
        self._good_name = f"refs/gsctl/good/{sha256(which.encode()).hexdigest()[:16]}"
        self._lock = threading.Lock()
        self._tip: Tree | None = None
        self._good: Tree | None = None
        self._trouble: Problem | None = None
        self._shelf = Shelf()

    def folder(self) -> Folder | None:
        """The newest commit that could be laid out."""
        with self._lock:
            return self._folder(self._tip or self._good)

    def newest(self) -> Folder | None:
        """The same: nobody writes there, so that it need not be read ahead."""
        found = self.folder()
        return found and replace(found, shelf=self._shelf)

    def good(self) -> Folder | None:
        """The last commit whose documents were right, also in another process before this one."""
        with self._lock:
            return self._folder(self._good)

    def accept(self, folder: Folder) -> None:
        """It is the last good one; the next look writes that down."""
        with self._lock:
            if self._tip not in (None, self._good) and folder.revision == self._tip.commit:
                self._good = self._tip
                self.asked.set()

    def revision(self, folder: Folder) -> Revision:
        """Their commit, and when it was made."""
        return Revision(self.address.name, folder.revision, folder.made_at)

    def trouble(self) -> Problem | None:
        """Why its newest commit is not followed, and which one is."""
        with self._lock:
            followed = self._tip or self._good
            if self._trouble is None or followed is None:
                return self._trouble
            says = f"{self._trouble.summary}; followed is still {followed.commit[:12]}"
            return replace(self._trouble, summary=says)

    def look(self) -> bool:
        """Fetch, and lay out what is new. Whether anything is otherwise than before."""
        before = (self._tip, self._trouble)
        trouble: Problem | None = None
        try:
            with self._clone.turn():
                self._remember()
                login = self._login()
                self._clone.git.use(login)
                self._fetch(login.signers)
        except Trouble as error:
            trouble = error.problem
        with self._lock:
            if not (trouble and self._trouble and trouble.code == self._trouble.code == "GI104"):
                self._trouble = trouble  # git finds ever new words for one and the same failure
            return before != (self._tip, self._trouble)

    def end(self) -> None:
        """Fetch no more. From any thread."""
        self._clone.git.end()

    def _remember(self) -> None:
        """The last good commit: told to others after us, or by one before us."""
        kept = self._clone.read(self._good_name)
        if self._good is not None and kept != self._good.commit:
            self._clone.write(self._good_name, self._good.commit)
        elif self._good is None and kept is not None:
            tree = lay_out(self._clone, kept, self.address)
            with self._lock:
                self._good = tree

    def _fetch(self, signers: Path | None) -> None:
        """Raises Trouble where the ref's commit may not be followed."""
        commit = self._clone.fetch()
        if self._tip is not None and commit == self._tip.commit:
            return
        if (
            self._good
            and not self._rewritten
            and not self._clone.follows(commit, self._good.commit)
        ):
            says = f"{self.address.name} was rewritten: {commit[:12]} does not come after what was"
            raise Trouble("GI106", says, "push what does, or serve with --allow-rewritten")
        if signers:
            self._clone.check_signature(commit, signers)
        tree = lay_out(self._clone, commit, self.address)
        self._clone.tidy()
        with self._lock:
            self._tip = tree

    def _folder(self, tree: Tree | None) -> Folder | None:
        if tree is None:
            return None
        return Folder(tree.path, self.name, self.address.tenant, tree.commit, tree.made_at)
