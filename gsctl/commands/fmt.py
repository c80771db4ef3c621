"""`gsctl fmt`: one layout for every document."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call, repository
from gsctl.exits import Exit, complain

if TYPE_CHECKING:
    from reconciler.model.problem import Problem
    from reconciler.source.files import SourceFile

_SUFFIXES = (".yaml", ".yml")


def fmt(
    context: typer.Context,
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILES]",
        help="Files or folders; unset: every document of the repository.")] = None,
    *,
    check: Annotated[bool, typer.Option("--check",
        help="Write nothing; exit 1 where a file is laid out otherwise.")] = False,
    diff: Annotated[bool, typer.Option("--diff",
        help="Write nothing; show what would change.")] = False,
) -> int:  # fmt: skip
    """Lay documents out: the order of keys, quotes, indentation. Comments and meaning stay."""
    from reconciler.durable import replace_text
    from reconciler.model.problem import errors
    from reconciler.model.units import show_count

    call: Call = context.obj
    problems, changed, looked = [], 0, 0
    for file in _files(call, files):
        looked += 1
        old, new, found = _laid(file)
        problems += found
        if old == new or errors(found):
            continue
        changed += 1
        if diff:
            call.screen.data(_difference(file.name, old, new))
        else:
            call.screen.data(file.name)
        if not (check or diff):
            replace_text(file.path.resolve(), new)
    call.screen.problems(problems)
    word = "would change" if check or diff else "laid out"
    call.screen.say(f"{show_count(looked, 'file')}, {changed} {word}.")
    return Exit.FAILED if errors(problems) or (check and changed) else Exit.DONE


def _files(call: Call, named: list[Path] | None) -> Iterator[SourceFile]:
    """Those that were named, else all of the repository. Raises Stop."""
    from reconciler.source.files import SourceFile
    from reconciler.source.repository import every_file

    if not named:
        found, _ = every_file(repository(call.choices.directory))
        yield from found
    base = call.choices.directory or Path()
    for path in named or ():
        where = base / path
        if not where.exists():
            raise complain(f"there is no {path}", "SY108", "name YAML files, or folders of them")
        inside = (
            sorted(p for s in _SUFFIXES for p in where.rglob(f"*{s}"))
            if where.is_dir()
            else [where]
        )
        yield from (
            SourceFile(str(p.relative_to(base)) if base != Path() else str(p), p) for p in inside
        )


def _laid(file: SourceFile) -> tuple[str, str, list[Problem]]:
    """A file's text before and after, and what is wrong with it."""
    from reconciler.source.files import read_file
    from reconciler.writing.layout import lay_out

    data = read_file(file)
    if not isinstance(data, bytes):
        return "", "", [data]
    laid = lay_out(file.name, data)
    return data.decode("utf-8", "replace"), laid.text, list(laid.problems)


def _difference(name: str, old: str, new: str) -> str:
    from difflib import unified_diff

    lines = unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True),
                         name, name)  # fmt: skip
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
