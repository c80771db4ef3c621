"""What `serve` follows: the sources of its command line, and the root of a Project from git."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gsctl.call import Call, repository
from gsctl.exits import Stop, complain
from reconciler.model.problem import Problem

if TYPE_CHECKING:
    from reconciler.following.access import Access
    from reconciler.following.sources import Sources
    from reconciler.following.webhooks import Webhooks
    from reconciler.loop.bell import Bell
    from reconciler.source.folder import Folder

_PAUSE_S = 1.0  # between two looks whether there is anything to follow


@dataclass(frozen=True, slots=True)
class Followed:
    """The sources as the command line has them; none: the repository here."""

    sources: Sequence[str] = ()
    access: Path | None = None  # a file
    rewritten: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """An environment that is to be kept, and what is followed for it; nothing is fetched yet."""

    call: Call
    sources: Sources


def tasks_of(call: Call, followed: Followed) -> tuple[list[Task], Webhooks]:
    """One for each environment that was named, and what may ring for them. Raises Stop.

    Those that follow the same branch share its clone; each asks for itself, and keeps its own good
    commit.
    """
    from reconciler.following.webhooks import Webhooks

    access = _access(followed.access)
    every = []
    for name in call.choices.environments:
        choices = replace(call.choices, environment=name)
        every.append(_task(replace(call, choices=choices), followed, access))
    fetched = [source for task in every for source in task.sources.fetched]
    return every, Webhooks(fetched, access)


def _task(call: Call, followed: Followed, access: Access) -> Task:
    """The call is for the folder that leads, where one does."""
    from reconciler.following.sources import Sources, Ways
    from reconciler.git.address import parse_address
    from reconciler.git.trouble import Trouble

    ways = Ways(_state() / "git", call.choices.environment, access, followed.rewritten)
    if not followed.sources:
        return Task(call, Sources(ways.here(repository(call.choices.directory))))
    try:
        addresses = [parse_address(text) for text in followed.sources]
        sources = Sources(ways.open(addresses))
    except Trouble as trouble:
        raise Stop(trouble.problem) from None
    for address in addresses:
        if address.remote is None and not Path(address.folder).is_dir():
            raise complain(f"there is no folder {address.folder}", "CL105",
                           "--source names a repository, or a URL of git")  # fmt: skip
    if sources.leading.address.remote is None:
        folder = Path(sources.leading.address.folder)
        call = replace(call, choices=replace(call.choices, directory=folder))
    return Task(call, sources)


def _access(path: Path | None) -> Access:
    from reconciler.following.access import Access, read_access

    if path is None:
        return Access(Path(), {})
    found = read_access(path, dict(os.environ))
    if isinstance(found, Access):
        return found
    raise Stop(*found)


def rooted(call: Call, sources: Sources, bell: Bell, stop: threading.Event) -> Call | None:
    """The call with the root of the Project, as soon as that can be read; None when stopped.

    Until then what is in the way is told, once. Where a source of no tenant was never seen, nothing
    can be told from it being gone: that is waited for as well.
    """
    told: tuple[Problem, ...] = ()
    while not stop.is_set():
        if any(source.address.tenant is None for source in sources.missing):
            wrong = sources.troubles()
        elif sources.leading.address.remote is None:
            return replace(call, folders=sources.unread())
        else:
            found = _of_project(call, sources)
            if isinstance(found, Call):
                return found
            wrong = found
        if wrong and wrong != told:
            call.screen.problems(wrong)
            told = wrong
        bell.wait(_PAUSE_S)
    return None


def _of_project(call: Call, sources: Sources) -> Call | tuple[Problem, ...]:
    """The call with the root of a Project from git, or why none can be read."""
    from reconciler.api import Api

    problems: tuple[Problem, ...] = ()
    for folder in _readable(sources):
        documents = Api(replace(call, folders=(folder,)).options()).documents
        if project := documents.project:
            owner = project.owner
            root = call.choices.root or _state() / f"{owner.project}-{owner.id}"
            choices = replace(call.choices, root=root)
            return replace(call, choices=choices, folders=sources.unread())
        problems = problems or documents.problems
    return problems


def _readable(sources: Sources) -> Sequence[Folder]:
    """The Project's source at its newest, then at what was good of it."""
    source = sources.leading
    return [folder for folder in (source.newest(), source.good()) if folder is not None]


def _state() -> Path:
    """Where things of this machine's user lie that last: `$XDG_STATE_HOME/gsctl`."""
    import platformdirs

    return platformdirs.user_state_path("gsctl")
