"""What is said when a command breaks, and the code it ends with."""

from __future__ import annotations

import traceback

from gsctl.call import Call
from gsctl.exits import Exit, Stop
from gsctl.views.text import safe
from reconciler.model.problem import Problem

_REPORT = "please report it with what you did: https://github.com/graphscope/gsctl/issues"


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
