"""All sources of an environment together, and the threads that fetch for them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reconciler.following.access import Access
from reconciler.following.commits import GitSource
from reconciler.following.directory import DirectorySource
from reconciler.following.revision import Revision
from reconciler.following.source import Source
from reconciler.git.address import Address
from reconciler.git.trouble import Trouble
from reconciler.model.problem import Problem
from reconciler.source.folder import Folder


@dataclass(frozen=True, slots=True)
class Ways:
    """How sources are opened. `clones` is the folder of all clones of this machine's user."""

    clones: Path
    environment: str
    access: Access
    rewritten: bool = False

    def open(self, addresses: Sequence[Address]) -> tuple[Source, ...]:
        """A source for each address. Raises Trouble where they cannot be followed together."""
        made = tuple(self._source(a, several=len(addresses) > 1) for a in addresses)
        names = [source.name for source in made]
        if twice := next((n for n in names if names.count(n) > 1), None):
            raise Trouble("GI103", f"--source: {twice} is given twice")
        if all(address.tenant for address in addresses):
            raise Trouble("GI103", "--source: all of them are bound to a tenant",
                          "the Project comes from one that is not")  # fmt: skip
        return made

    def here(self, path: Path) -> tuple[Source, ...]:
        """The one source of a coordinator that keeps the repository that it was started in."""
        return (DirectorySource(Address(str(path), str(path)), path, "", self.environment),)

    def _source(self, address: Address, *, several: bool) -> Source:
        if address.remote is None:
            path = Path(address.folder).absolute()
            name = f"{address.folder.rstrip('/')}/" if several else ""
            return DirectorySource(address, path, name, self.environment)
        name = f"{address.name}:" if several else ""
        login = partial(self.access.login, address.remote)
        return GitSource(address, self.clones, login, name, self.environment,
                         rewritten=self.rewritten)  # fmt: skip


class Sources:
    """What the loop follows: each source at its newest, or at what was good of it."""

    def __init__(self, every: Sequence[Source]) -> None:
        """In the order of the command line."""
        self._every = every

    @property
    def leading(self) -> Source:
        """The one that the Project comes from."""
        return next(source for source in self._every if source.address.tenant is None)

    @property
    def directories(self) -> tuple[Path, ...]:
        """The folders in which people write."""
        return tuple(s.path for s in self._every if isinstance(s, DirectorySource))

    @property
    def fetched(self) -> tuple[GitSource, ...]:
        """Those that must be fetched."""
        return tuple(s for s in self._every if isinstance(s, GitSource))

    @property
    def missing(self) -> tuple[GitSource, ...]:
        """Those of which nothing was seen yet: what they wish for is not known."""
        return tuple(source for source in self.fetched if source.newest() is None)

    def newest(self) -> tuple[Folder, ...]:
        """What each has now, of those of which anything was seen."""
        return tuple(folder for s in self._every if (folder := s.newest()) is not None)

    def unread(self) -> tuple[Folder, ...]:
        """The same, and nothing is read for it: what is looked at when documents are asked for."""
        return tuple(folder for s in self._every if (folder := s.folder()) is not None)

    def agreed(
        self, newest: Sequence[Folder], right: Callable[[tuple[Folder, ...]], bool]
    ) -> tuple[Folder, ...] | None:
        """The newest of as many sources as are right together, with the good of the others.

        To be asked when `newest` is not right as a whole. A source that is bound to a tenant may be
        left out; None where one that is not would have to be.
        """
        taken = {source.name: good for source in self._every if (good := source.good())}
        for folder in sorted(newest, key=lambda folder: folder.name != self.leading.name):
            trial = self._in_order({**taken, folder.name: folder})
            if not (_same(trial, newest) or _same(trial, self._in_order(taken))) and right(trial):
                taken[folder.name] = folder
        chosen = self._in_order(taken)
        unbound = {source.name for source in self._every if source.address.tenant is None}
        return chosen if unbound <= taken.keys() and right(chosen) else None

    def _in_order(self, taken: Mapping[str, Folder]) -> tuple[Folder, ...]:
        return tuple(taken[source.name] for source in self._every if source.name in taken)

    def unseen(self, folders: Iterable[Folder]) -> frozenset[str | None]:
        """The tenants of the sources that `folders` tell nothing of."""
        told = {folder.name for folder in folders}
        return frozenset(s.address.tenant for s in self._every if s.name not in told)

    def revisions(self, folders: Iterable[Folder]) -> tuple[Revision, ...]:
        """What each of these is called."""
        sources = {source.name: source for source in self._every}
        return tuple(sources[folder.name].revision(folder) for folder in folders)

    def accept(self, folders: Iterable[Folder]) -> None:
        """Nothing is wrong with these."""
        sources = {source.name: source for source in self._every}
        for folder in folders:
            sources[folder.name].accept(folder)

    def troubles(self) -> tuple[Problem, ...]:
        """Why sources are not followed to where they point now."""
        return tuple(found for source in self._every if (found := source.trouble()))

    @contextmanager
    def fetching(self, interval_s: float, ring: Callable[[], None]) -> Iterator[None]:
        """Fetch until the end of the block, each in a thread; `ring` for what is new."""
        every = [Fetching(source, interval_s, ring) for source in self.fetched]
        for one in every:
            one.start()
        try:
            yield
        finally:
            for one in every:
                one.end()


def _same(some: Sequence[Folder], others: Sequence[Folder]) -> bool:
    """Whether they are the same documents: of a folder that people write in, those read at once."""
    return [(f, id(f.found)) for f in some] == [(f, id(f.found)) for f in others]


class Fetching:
    """Looks at a source of git: now, every now and then, and when asked to."""

    def __init__(self, source: GitSource, interval_s: float, ring: Callable[[], None]) -> None:
        """`ring` is called when something is otherwise than before."""
        self._source = source
        self._interval_s = interval_s
        self._ring = ring
        self._over = False
        self._thread = threading.Thread(target=self._run, name="gsctl-git", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """Stop at once, also in the middle of a fetch."""
        self._over = True
        self._source.asked.set()
        self._source.end()
        self._thread.join()

    def _run(self) -> None:
        while not self._over:
            self._source.asked.clear()
            if self._source.look():
                self._ring()
            jitter = 0.9 + 0.2 * random.random()  # noqa: S311  many shall not ask in step
            self._source.asked.wait(self._interval_s * jitter)
