"""`gsctl version` and `gsctl completion`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from gsctl.call import Call
from gsctl.exits import Exit
from gsctl.shell import VARIABLE


class Shell(StrEnum):
    """The shells that are served."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def version(context: typer.Context) -> int:
    """Print which gsctl this is."""
    from gsctl.version import line, number
    from gsctl.views.tables import json_text

    call: Call = context.obj
    form = call.format("table", "json")
    call.screen.data(json_text({"version": number()}) if form == "json" else line())
    return Exit.DONE


def completion(
    context: typer.Context,
    *,
    shell: Annotated[Shell, typer.Argument(metavar="bash|zsh|fish")],
) -> int:
    """Print the script that completes commands and names: `eval "$(gsctl completion bash)"`."""
    # The script is typer's own; only the way to ask for it is ours.
    from typer._completion_shared import get_completion_script

    call: Call = context.obj
    text = get_completion_script(prog_name="gsctl", complete_var=VARIABLE, shell=shell.value)
    call.screen.data(text)
    return Exit.DONE
