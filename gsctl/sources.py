"""Where something lives that no document of ours names: a folder, or a server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from gsctl.exits import complain
from reconciler.model.key import DEFAULT_TENANT, Key
from reconciler.model.wish import Place

if TYPE_CHECKING:
    from reconciler.api import Api
    from reconciler.contracts import Sight

_LOCAL = frozenset(("127.0.0.1", "localhost", "::1", "0.0.0.0"))  # noqa: S104  as people write it


@dataclass(frozen=True, slots=True)
class Source:
    """An engine's place that was found, with the names of the graphs that are meant."""

    type: str
    place: Place
    sight: Sight
    graphs: frozenset[Key]


def find_source(api: Api, text: str, engine: str) -> Source:
    """What lies at a path or behind a URL, by the first driver that sees something there.

    A path names a folder of databases, or one of them. Raises Stop.
    """
    if "://" in text:
        return _served(api, text, engine)
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise complain(f"there is no folder {path}", "IM103", "name a database, or what it lies in")
    for place, only in ((path.parent, path.name), (path, None)):
        if found := _look(api, place, engine, only):
            return found
    raise complain(f"no engine knows what lies in {path}", "IM103",
                   f"installed are {', '.join(sorted(api.plugins.traits))}")  # fmt: skip


def _look(api: Api, place: Path, engine: str, only: str | None) -> Source | None:
    from reconciler.contracts import Unanswered

    key = Key(DEFAULT_TENANT, "Engine", engine)
    for type_ in sorted(api.plugins.traits):
        where = Place("local", str(place))
        driver = api.driver(type_)
        try:
            sight = driver.observe(key, where, ()) if driver else None
        except (Unanswered, OSError):
            continue
        graphs = frozenset(g.key for g in sight.graphs.values() if only in (None, g.uid)) \
            if sight else frozenset()  # fmt: skip
        if sight and graphs:
            return Source(type_, where, sight, graphs)
        if sight and sight.engine and sight.engine.owner and only is None:
            raise complain(f"{place} is an engine of {sight.engine.owner}, and holds no graph",
                           "IM103", "in its own repository: `gsctl import --all`")  # fmt: skip
    return None


def _served(api: Api, url: str, engine: str) -> Source:
    parts = urlsplit(url)
    if parts.hostname not in _LOCAL or not parts.port:
        says = f"{url} is no server of this machine: where its database lies cannot be told"
        raise complain(says, "IM103", "run this where it runs, or name the folder")
    for folder in _opened_by(parts.port):
        found = _look(api, folder.parent, engine, folder.name)
        graphs = [found.sight.graphs[key] for key in found.graphs] if found else []
        if found and any(graph.served_at.endswith(f":{parts.port}") for graph in graphs):
            return found
    raise complain(f"no server that an engine knows answers at {url}", "IM103",
                   "is it up, and yours to look at?")  # fmt: skip


def _opened_by(port: int) -> Iterator[Path]:
    """The folders in which the process that listens on a port has files open, deepest last."""
    import psutil

    pids = {c.pid for c in psutil.net_connections(kind="tcp")
            if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port
            and c.pid}  # fmt: skip
    for pid in sorted(pids):
        try:
            files = [Path(file.path) for file in psutil.Process(pid).open_files()]
        except psutil.Error:
            continue
        yield from sorted({file.parent for file in files}, key=lambda p: (len(p.parts), p))
