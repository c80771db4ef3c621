"""What a shell asks in order to complete a line; the machinery is typer's."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Any

from gsctl.argv import WITH_VALUE, normalise

VARIABLE = "_GSCTL_COMPLETE"
_LINE = "_TYPER_COMPLETE_ARGS"  # zsh, fish


def asked() -> bool:
    """Whether a shell asks."""
    return bool(os.environ.get(VARIABLE))


def answer(command: Any) -> None:
    """Answer the shell, and leave. Global options count wherever they stand."""
    from typer._completion_classes import completion_init

    completion_init()
    os.environ.update(in_front(os.environ))
    command.main(prog_name="gsctl")


def in_front(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that hold the line, with its global options moved to the front.

    A line whose quotes do not match is left as it is: it is being typed.
    """
    try:
        if "COMP_WORDS" in environment:
            words, at = shlex.split(environment["COMP_WORDS"]), int(environment["COMP_CWORD"])
            return {"COMP_WORDS": _moved(words[:at], "".join(words[at : at + 1]))}
        if _LINE in environment:
            line = environment[_LINE]
            words = shlex.split(line)
            ended = not words or line[-1:].isspace()
            text = _moved(words, "") if ended else _moved(words[:-1], words[-1])
            return {_LINE: text}
    except ValueError:
        return {}
    return {}


def _moved(words: list[str], begun: str) -> str:
    before = words[1:]
    if before and before[-1] in WITH_VALUE:  # its value is being typed
        before = [*normalise(before[:-1]), before[-1]]
    else:
        before = normalise(before)
    return f"{shlex.join([*words[:1], *before])} {shlex.quote(begun) if begun else ''}"
