"""One call of the command line: its global options, its screen, its door to the reconciler."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gsctl.exits import Exit, Stop, complain
from gsctl.views.screen import Screen
from gsctl.views.text import safe
from reconciler.model.key import DEFAULT_ENVIRONMENT
from reconciler.model.problem import Problem

if TYPE_CHECKING:  # the reconciler is imported when it is asked, so that help is quick
    from gsctl.door import Door
    from gsctl.target import Target
    from reconciler.api import Api, Options
    from reconciler.source.folder import Folder

PROJECT_FILE = "gsctl.yaml"
_REPORT = "please report it with what you did: https://github.com/graphscope/gsctl/issues"
FORMATS = ("table", "json", "yaml", "csv", "markdown", "mermaid", "dot", "sarif", "github")


@dataclass(frozen=True, slots=True)
class Choices:
    """The global options, as given."""

    directory: Path | None = None
    environment: str = DEFAULT_ENVIRONMENT  # the first that was named
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    tenant: str | None = None
    root: Path | None = None
    data_roots: tuple[Path, ...] = ()
    format: str = "table"
    verbose: bool = False
    coordinator: str = ""  # an address, the name of a context, or `none`
    environment_named: bool = False  # it was chosen, and is not just the default
    environments: tuple[str, ...] = (DEFAULT_ENVIRONMENT,)  # `serve` keeps several


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

    def here(self, word: str) -> Api:
        """A fresh door to what lives on this machine, for a command that no coordinator is asked.

        Raises Stop where one was chosen: what is here is not what is there.
        """
        from gsctl.target import NOBODY, target_of

        if target := target_of(self.choices):
            raise complain(f"`{word}` is not asked of a coordinator, and {target} is chosen",
                           "CX105", f"`--coordinator {NOBODY}` asks this machine")  # fmt: skip
        return self.api()

    def aimed(self) -> Call:
        """The same at the coordinator that was chosen, in the context's environment and tenant."""
        from gsctl.target import target_of

        target = target_of(self.choices)
        if target is None:
            return self
        choices = replace(self.choices, environment=target.environment, tenant=target.tenant)
        return replace(self, choices=choices, target=target)

    def door(self) -> Door:
        """A fresh door to what lives: at the coordinator that this call is aimed at, or here."""
        from gsctl.here import Here
        from gsctl.remote import Remote

        return Remote(self, self.target) if self.target else Here(self)

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


def ended(error: BaseException, call: Call) -> Exit | None:
    """Show what broke, and the exit code for it; None for what is a bug of ours."""
    from reconciler.contracts import StepFailed, UnitFailed
    from reconciler.look import NoProject

    if isinstance(error, Stop):
        call.screen.problems(error.problems)
        return error.code
    if isinstance(error, StepFailed | NoProject):
        call.screen.problems(error.problems)
        return Exit.FAILED
    log = error.log if isinstance(error, UnitFailed) else ()
    for kinds, code, exit_, hint in _breakages(call):
        if isinstance(error, kinds):
            says = str(error) or type(error).__name__
            call.screen.problems((Problem("error", says, code, hint=hint),))
            for line in log:
                call.screen.say(f"    {safe(line)}")
            return exit_
    return None


def bug(error: Exception, call: Call) -> Exit:
    """Show what should not have happened."""
    says = f"{type(error).__name__}: {error}".rstrip(": ")
    call.screen.say(f"internal error: {safe(' '.join(says.split()))} ({_REPORT}; -v shows where)")
    if call.choices.verbose:
        call.screen.say("".join(traceback.format_exception(error)).rstrip())
    return Exit.FAILED


_FOLLOW = "change the documents, and it does the rest; to apply by hand, end it first"

_Breakage = tuple[type[BaseException] | tuple[type[BaseException], ...], str, Exit, str]


def _breakages(call: Call) -> tuple[_Breakage, ...]:
    """What may break outside, the first that fits: its code, how the command ends, a hint."""
    from reconciler import api, lease
    from reconciler.contracts import Unanswered, UnitFailed
    from reconciler.durable import Busy
    from reconciler.model.record import NewerFormat
    from reconciler.root import RootUnreadable

    again = f"nothing more was written; `{call.repeat('apply')}` goes on"
    return (
        (lease.CoordinatorLeads, "CO101", Exit.REFUSED, _FOLLOW),
        (lease.LeaseHeld, "LE101", Exit.REFUSED, "try again later, or wait for it: `--wait 60`"),
        (lease.LeaseLost, "LE102", Exit.FAILED, again),
        (api.Elsewhere, "RT101", Exit.REFUSED, "apply from there, or name that root with --root"),
        (api.WorldChanged, "PX104", Exit.CHANGED, f"run `{call.repeat('plan')}`"),
        (UnitFailed, "ST103", Exit.FAILED, f"`{call.repeat('doctor')}` looks at this machine"),
        ((RootUnreadable, Unanswered, NewerFormat), "ST100", Exit.FAILED, ""),
        ((Busy, OSError), "OS100", Exit.FAILED, ""),
    )
