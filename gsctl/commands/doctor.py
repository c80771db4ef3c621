"""`gsctl doctor` and `gsctl forget`: what this machine lacks, and places that are gone for good."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from gsctl.call import Call
from gsctl.commands.options import Wait
from gsctl.doors.opening import api_here
from gsctl.exits import Exit, complain

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(context: typer.Context) -> int:
    """Check this machine; 1 when something is missing that gsctl needs."""
    from dataclasses import asdict

    from gsctl.checkup import checks
    from gsctl.views.tables import json_text
    from gsctl.views.text import pad, safe

    call: Call = context.obj
    form = call.format("table", "json")
    found = list(checks(call))
    if form == "json":
        call.screen.data(json_text([asdict(check) for check in found]))
    for check in found if form == "table" else ():
        level = call.screen.paint(pad(check.level, 4), _STYLES[check.level])
        hint = f"\n      hint: {safe(check.hint)}" if check.hint else ""
        call.screen.data(f"{level}  {pad(check.name, 13)} {safe(check.says)}{hint}")
    return Exit.FAILED if any(check.level == "fail" for check in found) else Exit.DONE


def forget(
    context: typer.Context,
    *,
    place: Annotated[str, typer.Argument(metavar="PLACE", help="As `plan` names it: local:/…")],
    wait: Wait = 0.0,
) -> int:
    """Look at a place no more. Nothing that lies there is touched."""
    from reconciler.model.wish import Place

    call: Call = context.obj
    substrate, colon, location = place.partition(":")
    with closing(api_here(call, "forget")) as api:
        known = sorted({str(spot.place) for spot in api.places.spots()})
        if not colon or place not in known:
            hint = f"known are {', '.join(known)}" if known else "no place is known"
            raise complain(f"nothing was ever put at `{place}`", "LG102", hint)
        with api.writing(wait):
            api.places.forget(Place(substrate, location))
    call.screen.say(f"Forgotten: {place}. What lies there, if anything, stays.")
    return Exit.DONE
