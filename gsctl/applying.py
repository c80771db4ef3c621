"""The one way to change the world: plan, show, ask, lease, plan again, do, prove.

`apply` wishes for the documents and `destroy` for nothing; there is no other difference.
"""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gsctl.context import Call
from gsctl.exits import Exit, complain
from gsctl.interrupt import asked_to_stop
from gsctl.saving import hold_against
from gsctl.views.plan import plan_text
from gsctl.views.plan_json import plan_plain
from gsctl.views.progress import Narrator, narrator
from gsctl.views.report import outcome_text
from reconciler.model.plan import Request
from reconciler.model.problem import Problem, errors

if TYPE_CHECKING:
    from reconciler.api import Api, Applied, Planned
    from reconciler.saved import SavedPlan

PROTECTED = "DS104"


@dataclass(frozen=True, slots=True)
class Way:
    """How to go about it."""

    request: Request
    nothing: bool = False  # wish for nothing: destroy
    approved: bool = False  # nobody need be asked
    wait_s: float = 0.0  # for the lease
    parallel: int = 4
    saved: SavedPlan | None = None  # exactly this, or nothing


def carry_out(call: Call, way: Way) -> Exit:
    """The whole of `apply`."""
    call.format("table", "json")
    with closing(call.api()) as api:
        api.await_turn(way.wait_s)
        planned = api.plan(way.request, nothing=way.nothing)
        if way.saved and planned.plan.fingerprint:
            hold_against(way.saved, planned)
        with narrator(call) as told:
            _show(call, planned, told)
            if not planned.plan.fingerprint:  # the documents are not right: nothing was looked at
                return Exit.FAILED
            if planned.elsewhere:
                raise _elsewhere(planned)
            if planned.plan.refusals:
                return _refused(call, way, planned)
            if not planned.plan.pending and not planned.plan.housekeeping:
                return _judged(planned)
            if way.request.unhold and any(planned.plan.summary.values()):
                raise complain("nothing was done: what is pending here is not held", "RB103",
                               f"`{call.repeat('apply')}` does it")  # fmt: skip
            if not way.approved and planned.plan.pending:
                _ask(call, way)
            applied = _do(api, planned, way, told)
    return _ended(call, way, applied, told)


def _elsewhere(planned: Planned) -> Exception:
    from reconciler.api import Elsewhere

    return Elsewhere(planned.elsewhere)


def _show(call: Call, planned: Planned, told: Narrator) -> None:
    plan = planned.plan
    told.record("plan", plan=plan_plain(planned))
    if plan.fingerprint and call.choices.format == "table":
        call.screen.data(plan_text(planned, call.screen.paint))
    call.screen.problems((*plan.problems, *plan.notes))


def _refused(call: Call, way: Way, planned: Planned) -> Exit:
    if call.choices.format == "json":
        call.screen.problems(planned.plan.refusals)
    lifted = all(problem.code != PROTECTED for problem in planned.plan.refusals)
    words = f"{_words(way)} --allow-deletes"
    means = f"; `{call.repeat(words)}` if it is meant" if lifted else "; protection is never lifted"
    call.screen.hint(f"nothing was done{means}")
    return Exit.REFUSED


def _judged(planned: Planned) -> Exit:
    return Exit.FAILED if errors(planned.plan.problems) else Exit.DONE


def _words(way: Way) -> str:
    """The command that was given, so that a hint asks for no more than it did."""
    request = way.request
    if request.rollback:
        return " ".join(["rollback", *sorted(map(str, request.rollback))])
    given = {"target": request.targets, "exclude": request.excludes,
             "reload": request.reload, "rebuild": request.rebuild}  # fmt: skip
    options = [f"--{name} {key}" for name, keys in given.items() for key in sorted(map(str, keys))]
    lifted = ["--allow-deletes"] if request.allow_deletes else []
    return " ".join(["destroy" if way.nothing else "apply", *options, *lifted])


def _ask(call: Call, way: Way) -> None:
    """Raises Stop unless a person says yes."""
    if not sys.stdin.isatty():
        raise complain("nobody can be asked here, and nothing was done", "CL107",
                       f"`{call.repeat(f'{_words(way)} -y')}` does it without asking")  # fmt: skip
    call.screen.talk.write("Do this? Only `yes` is taken for a yes: ")
    call.screen.talk.flush()
    if sys.stdin.readline().strip() != "yes":
        raise complain("nothing was done", "CL108", "")


def _do(api: Api, planned: Planned, way: Way, told: Narrator) -> Applied:
    """Under the lease. Raises WorldChanged where the plan is not the one that was shown."""
    from reconciler.api import WorldChanged

    with asked_to_stop(told.stopping) as stop, api.writing(way.wait_s):
        again = api.plan(way.request, nothing=way.nothing)
        if again.plan.fingerprint != planned.plan.fingerprint:
            raise WorldChanged("the world changed since the plan was shown: nothing was done")
        told.begin(len(again.plan.steps) + len(again.plan.housekeeping))
        return api.apply(again, told, stop, way.parallel)


def _ended(call: Call, way: Way, applied: Applied, told: Narrator) -> Exit:
    """What was done, how to go on, and whether the next plan has nothing to say about it."""
    outcome, plan = applied.outcome, applied.planned.plan
    left = () if outcome.interrupted else _left(call, way, applied)
    failed = [problem for found in outcome.failed.values() for problem in found]
    code = _code(applied, left)
    told.record("summary", exit_code=int(code), done=list(outcome.done),
                failed=sorted(outcome.failed), skipped=dict(outcome.skipped),
                summary=dict(plan.summary))  # fmt: skip
    if call.choices.format == "table":
        call.screen.say(outcome_text(applied, call.screen.talk_paint))
    call.screen.problems((*failed, *left))
    call.screen.hint(_next(call, way, applied, code))
    return code


def _code(applied: Applied, left: tuple[Problem, ...]) -> Exit:
    if applied.outcome.interrupted:
        return Exit.INTERRUPTED
    bad = applied.outcome.failed or applied.outcome.skipped or left
    return Exit.FAILED if bad or errors(applied.planned.plan.problems) else Exit.DONE


def _left(call: Call, way: Way, applied: Applied) -> tuple[Problem, ...]:
    """What is still pending of what was done. Looks at everything anew, documents included."""
    if way.request.unhold:
        return ()  # it releases a wish for the next apply, and does nothing of it
    done = frozenset(applied.outcome.done)
    touched: dict[object, bool] = {}
    for step in applied.planned.plan.steps:
        touched[step.session] = touched.get(step.session, True) and step.id in done
    request = Request(allow_deletes=way.request.allow_deletes)  # all: what was done is picked below
    with closing(call.api()) as api:
        after = api.plan(request, nothing=way.nothing)
    if after.desired.revision != applied.planned.desired.revision:
        return ()  # somebody edited the documents meanwhile: that is pending, and not our doing
    return tuple(
        Problem("error", f"{change.key}: still pending after it was applied: {change.action}",
                "PX101", address=str(change.key),
                hint="this is a bug of gsctl or of its driver; please report it with the plan")
        for change in after.plan.changes
        if touched.get(change.key) and not change.blocked
    )  # fmt: skip


def _next(call: Call, way: Way, applied: Applied, code: Exit) -> str:
    """The one command to go on with."""
    again = call.repeat("destroy" if way.nothing else "apply")
    if code is Exit.INTERRUPTED:
        return f"what was done stays; `{again}` goes on"
    if code is not Exit.DONE:
        return f"what was done stays; `{again}` tries the rest again"
    graphs = sorted(applied.planned.graphs.items())
    if way.nothing or not graphs:
        return f"`{call.repeat('get')}` shows what is there"
    for key, wish in graphs:
        for name, procedure in sorted(wish.procedures.items()):
            words = " ".join(["call", name, *(f"{p}=…" for p in procedure.parameters)])
            return f"try `{call.repeat(words)}`, or `{call.repeat(f'connect {key}')}`"
    return f"`{call.repeat(f'connect {graphs[0][0]}')}` tells how to reach it"
