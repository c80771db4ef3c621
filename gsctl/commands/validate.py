"""`gsctl validate`: everything that can be known offline."""

from __future__ import annotations

import json
from contextlib import closing

import typer

from gsctl.call import Call
from gsctl.exits import Exit


def validate(context: typer.Context) -> int:
    """Check the documents and the headers of data files; no engine is asked."""
    from gsctl.views.problems import problem_plain, tally
    from reconciler.model.problem import errors, in_order
    from reconciler.model.units import show_count

    call: Call = context.obj
    form = call.format("table", "json")
    with closing(call.api()) as api:
        desired = api.desired
    problems, bad = in_order(desired.problems), errors(desired.problems)
    if form == "json":
        plain = [problem_plain(problem) for problem in problems]
        call.screen.data(json.dumps({"valid": not bad, "problems": plain}, indent=2))
    else:
        call.screen.problems(problems)
    if call.choices.verbose and desired.skipped:
        call.screen.say(f"{show_count(desired.skipped, 'document')} of somebody else skipped")
    if bad:
        call.screen.say(f"Not valid: {tally(problems)}.")
        return Exit.FAILED
    if form == "table":
        told = show_count(len(desired.resources) + 1, "document")
        extra = f" ({tally(problems)})" if problems else ""
        call.screen.data(f"Valid: {told}{extra}.")
        call.screen.hint(f"`{call.repeat('plan')}` compares them with what lives")
    return Exit.DONE
