"""The place of an engine whose graphs lie in folders: seen, made and marked, removed."""

from __future__ import annotations

from pathlib import Path

from reconciler.contracts import StepFailed, Unanswered
from reconciler.copies import folders
from reconciler.copies.layout import IGNORE, EngineFolder
from reconciler.copies.marks import EngineMark, Unreadable, read_engine, write_engine
from reconciler.model.key import Key, Owner
from reconciler.model.observed import LiveEngine
from reconciler.model.problem import Problem
from reconciler.model.step import CreateEngine, RemoveEngine
from reconciler.model.wish import Place


def seen_engine(key: Key, place: Place, owner: Owner) -> LiveEngine | None:
    """What lies at an engine's place; None where nothing does.

    Raises:
        Unanswered: its mark cannot be read.
    """
    folder = EngineFolder(Path(place.location))
    try:
        mark = read_engine(folder.mark)
    except Unreadable as error:
        raise Unanswered(str(error)) from error
    strangers = tuple(folder.strangers())
    if mark is None:
        nothing = not strangers and not folder.graphs()
        return None if nothing else LiveEngine(key, place, None, ours=False, strangers=strangers)
    return LiveEngine(key, place, mark.owner, mark.owner == owner, mark.spec, mark.protect,
                      mark.guard, strangers, mark.key, mark.restraint)  # fmt: skip


def make_engine(act: CreateEngine, root: Path) -> None:
    """Make the folder where there is none, and mark it, or mark it anew. Raises OSError."""
    folder = EngineFolder(Path(act.engine.place.location))
    # Of a place of the user's own choice only the last folder is made: its parent may be a
    # disk that is not mounted.
    inside = folder.path.is_relative_to(root)
    folder.path.mkdir(mode=0o700, parents=inside, exist_ok=True)
    before = read_engine(folder.mark)
    theirs = before.adopted if before and before.owner == act.owner else not act.new
    if not theirs:  # in a folder of somebody's own git goes on seeing what it saw
        (folder.path / IGNORE).write_text("*\n", encoding="ascii")
    mark = EngineMark(act.owner, act.engine.key, act.engine.plain(), act.engine.protect,
                      dict(act.guard), adopted=theirs, restraint=act.restraint)  # fmt: skip
    write_engine(folder.mark, mark)


def remove_engine(act: RemoveEngine) -> None:
    """Remove what is ours of the place, which must hold no graph.

    Raises:
        StepFailed: it holds one, or what is not ours and is not to be spared.
    """
    folder = EngineFolder(Path(act.place.location))
    if kept := next((g for g in folder.graphs() if g.holds_something()), None):
        says = f"{act.place} still holds the graph {kept.uid}: the folder stays"
        raise StepFailed(Problem("error", says, "ST106", address=str(act.key)))
    strangers = folder.strangers()
    if strangers and not act.spare:
        says = f"{act.place} also holds {strangers[0]}, which is not ours: the folder stays"
        raise StepFailed(Problem("error", says, "DS107", address=str(act.key)))
    mark = read_engine(folder.mark)
    if strangers or (mark and mark.adopted):
        folder.clear()
        return
    folders.remove(folder.path)
