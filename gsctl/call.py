"""One call of the command line: its global options, its screen, its way to the reconciler."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gsctl.choices import Choices, Target
from gsctl.exits import complain
from gsctl.views.screen import Screen
from reconciler.model.key import DEFAULT_ENVIRONMENT

if TYPE_CHECKING:  # the reconciler is imported when it is asked, so that help is quick
    from reconciler.api import Api, Options
    from reconciler.source.folder import Folder

PROJECT_FILE = "gsctl.yaml"


@dataclass(frozen=True, slots=True)
class Call:
    """What every command works with."""

    choices: Choices
    screen: Screen
    command: str = "gsctl"
    folders: tuple[Folder, ...] = ()  # of documents, where it is not `-C` that says so
    target: Target | None = None

    def options(self) -> Options:
        """What the reconciler needs to know. Raises Stop where there is no repository."""
        from reconciler.api import Options

        choices = self.choices
        return Options(
            next((f.root for f in self.folders if f.tenant is None), None)
            or repository(choices.directory),
            choices.environment,
            choices.variables,
            choices.root,
            choices.data_roots,
            dict(os.environ),
            self.command,
            folders=self.folders,
        )

    def api(self) -> Api:
        """A fresh door: it reads everything anew."""
        from reconciler.api import Api

        return Api(self.options(), self.screen.say)

    def format(self, *known: str) -> str:
        """The chosen format, one of `known`. Raises Stop."""
        if self.choices.format not in known:
            hint = f"this command gives {', '.join(known)}"
            raise complain(f"no `-o {self.choices.format}` here", "CL102", hint)
        return self.choices.format

    def repeat(self, command: str) -> str:
        """How to call another command with the same global options."""
        choices, words = self.choices, ["gsctl"]
        if choices.directory:
            words += ["-C", str(choices.directory)]
        if choices.environment != DEFAULT_ENVIRONMENT and choices.environment_named:
            words += ["-e", choices.environment]
        if choices.root:
            words += ["--root", str(choices.root)]
        if choices.coordinator:
            words += ["--coordinator", choices.coordinator]
        return " ".join([*words, command])


def repository(directory: Path | None) -> Path:
    """The folder with gsctl.yaml: the one given, else the nearest at or above the current one.

    A folder that was given is taken as it is; what is wrong with it is said where it is read.
    """
    if directory is not None:
        if not directory.is_dir():
            raise complain(f"there is no folder {directory}", "CL105", "-C names a repository")
        return directory.absolute()
    here = Path.cwd()
    found = next((d for d in (here, *here.parents) if (d / PROJECT_FILE).is_file()), None)
    if found is None:
        raise complain(f"there is no {PROJECT_FILE} here, nor in a folder above", "SC109",
                       "`gsctl init` writes one; -C names another folder")  # fmt: skip
    return found
