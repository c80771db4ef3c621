"""`/v1/nouns/apply`: look again now, do what is pending, and tell how each step went.

Only where the documents lie in a folder, in which people write. Of git a push is the way, and what
was pushed is followed without being asked.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from reconciler import wire
from reconciler.model.units import parse_duration
from reconciler.server.desk import Desk
from reconciler.server.doing import Deed, told
from reconciler.server.nouns import TYPE, Chosen, same_version
from reconciler.server.refusal import refused
from reconciler.server.rest import Caller, TheDesk, TheSight, allowed, needs
from reconciler.server.tokens import Role
from reconciler.server.verbs import Lasting

router = APIRouter(prefix="/nouns", dependencies=[Depends(allowed), Depends(same_version)])


class Pending(Chosen):
    """What is to be done. `fingerprint` is that of the plan that was shown."""

    fingerprint: Annotated[str | None, Field(max_length=128)] = None
    wait_s: float = Field(30.0, ge=0, le=300, strict=False,
                          description="the most seconds until it is begun")  # fmt: skip


@router.get("/apply", response_class=Response)
@needs(Role.EDITOR, whole=True)
def writable(desk: TheDesk) -> Response:
    """The folders that are followed. Refused (409) where documents come from git."""
    return Response(wire.dumped(_folders(desk)), media_type=TYPE)


class Agreed(BaseModel):
    """An approval of a plan as a whole, by the fingerprint of what was shown."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fingerprint: Annotated[str, Field(max_length=128)]
    expires: Lasting = "24h"


@router.post("/approve", response_class=Response)
@needs(Role.ADMIN, whole=True)
def approve(desk: TheDesk, sight: TheSight, who: Caller, said: Agreed) -> Response:
    """Agree to all that is pending, where it still is what was shown."""
    given = desk.asking.approve_all(sight.planned.desired, said.fingerprint,
                                    parse_duration(said.expires), who.person)  # fmt: skip
    desk.bell.ring("approved")
    return Response(wire.dumped(given), media_type=TYPE)


@router.post("/apply", response_class=Response)
@needs(Role.EDITOR, whole=True)
async def apply(desk: TheDesk, who: Caller, said: Pending | None = None) -> Response:
    """Have it done between two turns. Answers with a line for each thing that happens."""
    said = said or Pending()
    _folders(desk)
    return await told(desk, Deed(said.request(who.person), said.fingerprint, said.wait_s))


def _folders(desk: Desk) -> tuple[str, ...]:
    if not desk.folders:
        says = "this coordinator does what git says: nobody can apply anything here"
        raise refused(409, "CX114", says, "push the documents; `gsctl plan` shows what it will do")
    return desk.folders
