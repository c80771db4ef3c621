"""Which door a call goes through: the one here, or the one of the coordinator that was chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gsctl.doors.target import NOBODY, target_of
from gsctl.exits import complain

if TYPE_CHECKING:  # the reconciler is imported when it is asked, so that help is quick
    from gsctl.call import Call
    from gsctl.doors.door import Door
    from reconciler.api import Api


def aimed(call: Call) -> Call:
    """The same at the coordinator that was chosen, in the context's environment and tenant."""
    target = target_of(call.choices)
    if target is None:
        return call
    choices = replace(call.choices, environment=target.environment, tenant=target.tenant)
    return replace(call, choices=choices, target=target)


def open_door(call: Call) -> Door:
    """A fresh door to what lives: at the coordinator that this call is aimed at, or here."""
    from gsctl.doors.here import Here
    from gsctl.doors.remote import Remote

    return Remote(call, call.target) if call.target else Here(call)


def api_here(call: Call, word: str) -> Api:
    """A fresh door to what lives on this machine, for a command that no coordinator is asked.

    Raises Stop where one was chosen: what is here is not what is there.
    """
    if target := target_of(call.choices):
        raise complain(f"`{word}` is not asked of a coordinator, and {target} is chosen",
                       "CX105", f"`--coordinator {NOBODY}` asks this machine")  # fmt: skip
    return call.api()
