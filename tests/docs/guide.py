"""A guide is a page whose examples run: files to write, and commands with what they print.

```yaml graphs/shop.yaml``` is written to that file of an empty folder; in ```console``` a line
`$ command` is followed by what it prints; a line `…` stands for any lines, `…` in a line for any
text, and `[exit 3]` closes what does not end with 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"^```(\w+)(?: +(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class File:
    """A file to write, whole."""

    path: str
    text: str


@dataclass(frozen=True)
class Command:
    """A line for the shell, what it is shown to print, and how it ends."""

    line: str
    shown: str
    exit: int = 0


def parts(page: str) -> Iterator[File | Command]:
    """What a guide does, from top to bottom."""
    for language, path, text in BLOCK.findall(page):
        if language == "console":
            yield from _commands(text)
        elif path:
            yield File(path, text)


def _commands(text: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        while line.endswith("\\"):
            more, _, shown = shown.partition("\n")
            line = f"{line[:-1]}{more.strip()}"
        end = re.search(r"^\[exit (\d+)\]\n", shown, re.MULTILINE)
        if end:
            shown = shown.replace(end[0], "")
        yield Command(line, shown, int(end[1]) if end else 0)


def fits(shown: str, printed: str) -> bool:
    """Whether a command printed what the guide shows; blank lines at the ends do not count."""
    return _fits(shown.strip("\n").split("\n"), printed.strip("\n").split("\n"))


def _fits(shown: list[str], printed: list[str]) -> bool:
    match shown:
        case []:
            return not printed
        case ["…", *rest]:
            return any(_fits(rest, printed[n:]) for n in range(len(printed) + 1))
        case [line, *rest]:
            return bool(printed) and _same(line, printed[0]) and _fits(rest, printed[1:])


def _same(shown: str, printed: str) -> bool:
    pattern = ".*?".join(map(re.escape, shown.rstrip().split("…")))
    return re.fullmatch(pattern, printed.rstrip()) is not None
