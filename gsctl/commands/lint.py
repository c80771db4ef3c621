"""`gsctl lint`: advice with stable codes, for people, editors and CI."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gsctl.call import Call
from gsctl.exits import Exit, complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.problem import Problem

_GRAVITY = ("note", "warning", "error")
Gravity = Literal["note", "warning", "error"]


def lint(  # noqa: PLR0913  the contract's options
    context: typer.Context,
    *,
    base: Annotated[str | None, typer.Option("--base", metavar="REF|DIR",
        help="Also judge what changed since this revision of git, or against this folder.")] = None,
    live: Annotated[bool, typer.Option("--live",
        help="Also judge what an apply would change of what lives.")] = False,
    deep: Annotated[bool, typer.Option("--deep",
        help="Also read the rows of the data files.")] = False,
    severity: Annotated[Gravity, typer.Option("--severity",
        help="The least that is shown.")] = "note",
    fail_on: Annotated[Gravity, typer.Option("--fail-on",
        help="From what on to exit with 1.")] = "error",
    safe_below_rows: Annotated[int, typer.Option("--safe-below-rows", metavar="N", min=0,
        help="With --live: losses and rebuilds of fewer rows are notes.")] = 0,
    explain: Annotated[str | None, typer.Option("--explain", metavar="CODE",
        help="Print the page of a rule.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the rules.")] = False,
) -> int:  # fmt: skip
    """Find what is allowed and will probably be regretted; nothing is touched."""
    from gsctl.views.findings import findings_text, rules
    from gsctl.views.tables import FORMATS, render

    call: Call = context.obj
    if list_:
        call.screen.data(render(rules(), call.format(*FORMATS), call.screen.paint))
        return Exit.DONE
    if explain:
        call.screen.data(_page(explain))
        return Exit.DONE
    form = call.format("table", "json", "sarif", "github")
    if base is not None and live:
        raise complain("--base and --live are two things to compare with", "CL101", "leave one out")
    found = _found(call, base, safe_below_rows, live=live, deep=deep)
    shown = [problem for problem in found if _grave(problem, severity)]
    call.screen.data(findings_text(shown, form, call))
    return Exit.FAILED if any(_grave(problem, fail_on) for problem in found) else Exit.DONE


def _grave(problem: Problem, least: Gravity) -> bool:
    return _GRAVITY.index(problem.severity) >= _GRAVITY.index(least)


def _found(
    call: Call, base: str | None, safe_below_rows: int, *, live: bool, deep: bool
) -> Sequence[Problem]:
    from reconciler.api import Judging
    from reconciler.source.revision import NoRevision

    with closing(call.api()) as api:
        try:
            return api.lint(Judging(base, live, deep, safe_below_rows))
        except NoRevision as error:
            raise complain(error.problem.summary, error.problem.code, error.problem.hint) from error


def _page(code: str) -> str:
    from reconciler.lint import RULES, page_of
    from reconciler.model.nearest import did_you_mean

    rule = RULES.get(code.upper())
    if rule is None:
        hint = did_you_mean(code.upper(), RULES) or "`gsctl lint --list` lists the rules"
        raise complain(f"`{code}` is not the code of a rule", "CL111", hint)
    return page_of(rule)
