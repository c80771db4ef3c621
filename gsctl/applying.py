"""The one way to change the world: plan, show, ask, lease, plan again, do, prove.

`apply` wishes for the documents and `destroy` for nothing; there is no other difference.
"""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

from gsctl.call import Call
from gsctl.doors.door import Door, Way
from gsctl.doors.opening import open_door
from gsctl.exits import Exit, Stop, complain
from gsctl.saving import hold_against
from gsctl.views.plan import plan_text
from gsctl.views.plan_json import plan_plain
from gsctl.views.progress import Narrator, narrator
from gsctl.views.report import outcome_text
from reconciler.model.problem import Problem, errors

if TYPE_CHECKING:
    from reconciler.api import Applied, Planned

_NEVER = {  # what no option lifts
    "DS104": "protection is never lifted",
    "QT101": "a quota is raised where the Tenant is declared",
}


def carry_out(call: Call, way: Way) -> Exit:
    """The whole of `apply`."""
    call.format("table", "json")
    with closing(open_door(call)) as door:
        door.await_turn(way)
        planned = door.plan(way.request, nothing=way.nothing)
        _refuse_unknown(way, planned)
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
            if not planned.plan.doing and not planned.plan.housekeeping:
                return _judged(call, way, planned)
            if way.request.exceeded_by(planned.plan):
                raise complain("nothing was done: what is pending here is not held", "RB103",
                               f"`{call.repeat('apply')}` does it")  # fmt: skip
            if not way.approved and planned.plan.doing:
                _ask(call, way)
            applied = door.act(planned, way, told)
        return _ended(call, door, way, applied, told)


def _refuse_unknown(way: Way, planned: Planned) -> None:
    """Of a graph that is not there no plan is shown. Raises Stop."""
    named = {str(key) for key in way.request.rollback | way.request.unhold}
    found = [p for p in planned.plan.problems if p.code == "RF104" and p.address in named]
    if found:
        raise Stop(*found)


def _elsewhere(planned: Planned) -> Exception:
    from reconciler.api import Elsewhere

    return Elsewhere(planned.elsewhere)


def _show(call: Call, planned: Planned, told: Narrator) -> None:
    plan = planned.plan
    told.record("plan", plan=plan_plain(planned))
    if plan.fingerprint and call.choices.format == "table":
        call.screen.data(plan_text(planned, call.screen.paint, call.screen.data_width))
    call.screen.problems((*plan.problems, *plan.notes))


def _refused(call: Call, way: Way, planned: Planned) -> Exit:
    if call.choices.format == "json":
        call.screen.problems(planned.plan.refusals)
    words = f"{way.words} --allow-deletes"
    if way.saved:  # what it may delete is decided when it is made
        words = f"{words.replace('apply', 'plan', 1)} --out FILE"
    fixed = {_NEVER[p.code]: None for p in planned.plan.refusals if p.code in _NEVER}
    meant = f"`{call.repeat(words)}` if it is meant"
    if planned.coordinated:  # it lifts no guard for anybody
        meant = f"`{call.repeat('approve KIND/NAME')}` lets it through"
    means = ", ".join(fixed) or meant
    call.screen.hint(f"nothing was done; {means}")
    return Exit.REFUSED


def _judged(call: Call, way: Way, planned: Planned) -> Exit:
    """How it ends where nothing is to be done."""
    if errors(planned.plan.problems):
        return Exit.FAILED
    if planned.plan.withheld:
        call.screen.hint(f"nothing was done; {_waits(call, way, planned)}")
        return Exit.REFUSED
    return Exit.DONE


def _waits(call: Call, way: Way, planned: Planned) -> str:
    """How what is withheld is let through."""
    plan = planned.plan
    if waiting := [one for one in plan.withheld if one.reason == "Approval"]:
        words = f"approve {waiting[0].change.key}" + (" --destroy" if way.nothing else "")
        return f"`{call.repeat(words)}` lets it through"
    if any(one.reason == "Window" for one in plan.withheld):
        return f"`{call.repeat(way.words)}` does it once the window is open"
    return f"`{call.repeat(f'resume {plan.withheld[0].session}')}` where it was suspended by hand"


def _ask(call: Call, way: Way) -> None:
    """Raises Stop unless a person says yes."""
    if not sys.stdin.isatty():
        raise complain("nobody can be asked here, and nothing was done", "CL107",
                       f"`{call.repeat(f'{way.words} -y')}` does it without asking")  # fmt: skip
    call.screen.talk.write("Do this? Only `yes` is taken for a yes: ")
    call.screen.talk.flush()
    if sys.stdin.readline().strip() != "yes":
        raise complain("nothing was done", "CL108", "")


def _ended(call: Call, door: Door, way: Way, applied: Applied, told: Narrator) -> Exit:
    """What was done, how to go on, and whether the next plan has nothing to say about it."""
    outcome, plan = applied.outcome, applied.planned.plan
    left = () if outcome.interrupted else _left(door, way, applied)
    failed = [problem for found in outcome.failed.values() for problem in found]
    code = _code(applied, left)
    told.record("summary", exit_code=int(code), done=list(outcome.done),
                failed=sorted(outcome.failed), skipped=dict(outcome.skipped),
                summary=dict(plan.summary))  # fmt: skip
    if call.choices.format == "table":
        call.screen.say(outcome_text(applied, call.screen.talk_paint))
    call.screen.problems((*failed, *left))
    goes_on = "the coordinator goes on by itself"
    coordinated = applied.planned.coordinated
    call.screen.hint(goes_on if coordinated else _next(call, way, applied, code))
    return code


def _code(applied: Applied, left: tuple[Problem, ...]) -> Exit:
    if applied.outcome.interrupted:
        return Exit.INTERRUPTED
    bad = applied.outcome.failed or applied.outcome.skipped or left
    if bad or errors(applied.planned.plan.problems):
        return Exit.FAILED
    return Exit.REFUSED if applied.planned.plan.withheld else Exit.DONE


def _left(door: Door, way: Way, applied: Applied) -> tuple[Problem, ...]:
    """What is still pending of what was done. Looks at everything anew, documents included."""
    if way.request.unhold or way.request.only:
        return ()  # it releases a wish for the next apply, or does one thing and nothing of it
    done = frozenset(applied.outcome.done)
    waits = {one.session for one in applied.planned.plan.withheld}
    touched: dict[object, bool] = {}
    for step in applied.planned.plan.steps:
        for key in (step.session, step.key):  # what is done for another is that one's, too
            touched[key] = touched.get(key, True) and step.id in done
    after = door.after(way)  # of all: what was done is picked below
    if after is None or after.desired.revision != applied.planned.desired.revision:
        return ()  # somebody edited the documents meanwhile: that is pending, and not our doing
    return tuple(
        Problem("error", f"{change.key}: still pending after it was applied: {change.action}",
                "PX101", address=str(change.key),
                hint="this is a bug of gsctl or of its driver; please report it with the plan")
        for change in after.plan.changes
        if touched.get(change.key) and not change.blocked and change.key not in waits
    )  # fmt: skip


def _next(call: Call, way: Way, applied: Applied, code: Exit) -> str:
    """The one command to go on with."""
    again = call.repeat("destroy" if way.nothing else "apply")
    if code is Exit.INTERRUPTED:
        return f"what was done stays; `{again}` goes on"
    if code is Exit.REFUSED:
        return f"the rest waits; {_waits(call, way, applied.planned)}"
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
