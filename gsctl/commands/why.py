"""`gsctl why`: who asks for a thing, since when it is there, and what comes next."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from gsctl.call import Call
from gsctl.doors.opening import aimed, open_door
from gsctl.exits import Exit, complain
from gsctl.names import complete_address

if TYPE_CHECKING:
    from reconciler.why import Story, Why


def why(
    context: typer.Context,
    address: Annotated[str, typer.Argument(metavar="ADDR[.PATH]", autocompletion=complete_address,
        help="A thing, or a part of it: `Graph/x.vertices.P.properties.q`.")],
) -> int:  # fmt: skip
    """Tell why a thing, or a part of it, is as it is: who asks, since when, what comes next."""
    from gsctl.views.tables import json_text, yaml_text
    from gsctl.views.why import why_plain, why_text

    call = aimed(context.obj)
    form = call.format("table", "json", "yaml")
    named = _named(call, address)
    with closing(open_door(call)) as door:
        story = door.why(named)
        found, planned = _known(call, named, story), story.planned
        if form == "table":
            call.screen.data(why_text(door, planned, found, call.screen.paint))
        else:
            plain = why_plain(door, planned, found)
            call.screen.data((json_text if form == "json" else yaml_text)(plain))
    if not planned.plan.fingerprint:
        call.screen.problems(planned.plan.problems)
        return Exit.FAILED
    return Exit.DONE


def _named(call: Call, text: str) -> str:
    """What a person named, with its kind and tenant spelled out. Raises Stop."""
    from gsctl.addresses import kind_of, parse
    from gsctl.exits import Stop
    from reconciler.model.key import DEFAULT_TENANT, Key
    from reconciler.model.problem import Problem

    written, colon, rest = text.rpartition(":")
    kind, slash, name = rest.partition("/")
    known = kind_of(kind) if slash else parse(text)
    if isinstance(known, Problem):
        raise Stop(known)
    tenant = written if colon else call.choices.tenant or DEFAULT_TENANT
    return f"{Key(tenant, str(known), '')}{name}"


def _known(call: Call, named: str, story: Story) -> Why:
    """What is known about it. Raises Stop where there is nothing of that name."""
    subject = story.subject
    if subject is None:
        raise complain(f"there is no {named}, declared or live", "RF104",
                       f"`{call.repeat('get')}` shows what there is")  # fmt: skip
    if story.why is None:
        hint = f"`{call.repeat(f'describe {subject.key}')}` shows what it has"
        says = f"{subject.key} has no `{'.'.join(subject.path)}`, declared or live"
        raise complain(says, "RF104", hint)
    return story.why
