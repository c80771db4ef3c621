"""The commands and the global options. What a command does stands in gsctl/commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from gsctl import shell
from gsctl.argv import normalise
from gsctl.breakages import bug, ended
from gsctl.call import Call
from gsctl.choices import FORMATS, Choices
from gsctl.commands import COMMANDS, GROUPS
from gsctl.exits import Exit, Stop, complain
from gsctl.views.screen import Screen
from reconciler.model.key import DEFAULT_ENVIRONMENT
from reconciler.model.problem import Problem

_NAME = "gsctl"

app = typer.Typer(
    name=_NAME,
    help="GitOps for graph databases: plan and apply of YAML against live engines.",
    epilog="These options may also stand after the command. Without a command: this help.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(words: Sequence[str]) -> int:
    """Run a command line and return its exit code. Never raises."""
    command = typer.main.get_command(app)
    if shell.asked():
        shell.answer(command)
    try:
        given = normalise(words) or ["--help"]
        code = command.main(args=given, prog_name=_NAME, standalone_mode=False)
    except typer.TyperException as error:
        return _misused(error)
    except typer.Abort:
        return Exit.INTERRUPTED
    except Stop as error:  # of the global options; what a command stops with is shown below
        _screen().problems(error.problems)
        return error.code
    return int(code or 0)


def _misused(error: Any) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else _NAME
    says = error.format_message().rstrip(".")
    problem = Problem("error", says, "CL101", hint=f"`{path} --help` tells what there is")
    _screen().problems((problem,))
    return Exit.FAILED


def _guarded(function: Callable[..., int]) -> Callable[..., int]:
    """`function`, with what it raises shown, and turned into an exit code."""

    @wraps(function)
    def guarded(context: typer.Context, *args: Any, **named: Any) -> int:
        call: Call = context.obj
        try:
            return function(context, *args, **named)
        except (typer.TyperException, typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001  the last stop: a traceback helps no user
            code = ended(error, call)
            return bug(error, call) if code is None else code

    return guarded


def _screen() -> Screen:
    return Screen.of_process(colour="--no-color" not in sys.argv)


def _print_version(asked: bool) -> None:  # noqa: FBT001  typer's way of calling
    if asked:
        from gsctl.version import line

        print(line())  # noqa: T201  data on stdout
        raise typer.Exit(Exit.DONE)


@app.callback()
def options(  # noqa: PLR0913  the contract's global options
    context: typer.Context,
    *,
    directory: Annotated[Path | None, typer.Option("-C", metavar="DIR",
        help="The repository; unset: found upwards from here.")] = None,
    environment: Annotated[list[str] | None, typer.Option("-e", metavar="ENV", envvar="GSCTL_ENV",
        help=f"The environment; unset: {DEFAULT_ENVIRONMENT}. `serve` keeps several.")] = None,
    var: Annotated[list[str] | None, typer.Option("--var", metavar="NAME=VALUE",
        help="A variable; may be repeated.")] = None,
    tenant: Annotated[str | None, typer.Option("--tenant", metavar="T",
        help="Whose things names without a tenant mean.")] = None,
    root: Annotated[Path | None, typer.Option("--root", metavar="DIR", envvar="GSCTL_ROOT",
        help="Where local things lie; unset: .gsctl of the repository.")] = None,
    data_root: Annotated[list[Path] | None, typer.Option("--data-root", metavar="DIR",
        help="A folder that loads may read from; may be repeated ($GSCTL_DATA_ROOT).")] = None,
    coordinator: Annotated[str, typer.Option("--coordinator", metavar="URL",
        help="Ask the coordinator there, or that of a context; `none` asks this machine "
        "($GSCTL_COORDINATOR).")] = "",
    output: Annotated[str, typer.Option("-o", metavar="FORMAT",
        help=f"One of {', '.join(FORMATS)}.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Short for -o json.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours.")] = False,
    verbose: Annotated[bool, typer.Option("-v", help="Say more.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Which gsctl this is.",
        is_eager=True, callback=_print_version)] = False,
) -> None:  # fmt: skip
    """Read the global options."""
    assert not version, "that was answered before"
    environments = _environments(environment or (), context.invoked_subcommand or "")
    choices = Choices(
        directory, environments[0], _variables(var or ()), tenant, root,
        _data_roots(data_root or ()), _format(output, json=json), verbose, coordinator,
        bool(environment), environments,
    )  # fmt: skip
    command = f"{_NAME} {context.invoked_subcommand or ''}".strip()
    context.obj = Call(choices, Screen.of_process(colour=not no_color), command)


def _format(output: str, *, json: bool) -> str:
    if not output:
        return "json" if json else "table"
    if output not in FORMATS:
        name = "/" in output or "." in output
        hint = f"`--out {output}` writes a file" if name else f"it is one of {', '.join(FORMATS)}"
        raise complain(f"`{output}` is no format", "CL102", hint)
    if json and output != "json":
        raise complain(f"--json and -o {output} ask for two formats", "CL102", "leave one out")
    return output


def _environments(given: Sequence[str], command: str) -> tuple[str, ...]:
    """Those that were named; the default where none was."""
    if len(given) > 1 and command != "serve":
        raise complain(f"-e names {len(given)} environments", "CL114",
                       f"`gsctl {command}` is about one; only `serve` keeps several")  # fmt: skip
    if twice := next((name for name in given if given.count(name) > 1), None):
        raise complain(f"-e names {twice} twice", "CL114", "once will do")
    return tuple(given) or (DEFAULT_ENVIRONMENT,)


def _variables(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            # The text is not shown: it may be a secret that was put in the wrong place.
            raise complain("--var takes name=value", "CL106", "write `--var data=/srv/data`")
        found[name] = text
    return found


def _data_roots(given: Sequence[Path]) -> tuple[Path, ...]:
    named = [*given]
    if not named and (listed := os.environ.get("GSCTL_DATA_ROOT")):
        named = [Path(part) for part in listed.split(os.pathsep) if part]
    return tuple(path.absolute() for path in named)


def _register() -> None:
    for name, function in COMMANDS.items():
        app.command(name)(_guarded(function))
    for name, (text, functions) in GROUPS.items():
        group = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
        for inner, function in functions.items():
            group.command(inner)(_guarded(function))
        app.add_typer(group, name=name)


_register()
