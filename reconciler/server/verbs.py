"""`/v1/resources/KIND/NAME:VERB`: what people ask of one thing, as their commands do.

An approval is written into the ledger at once. All else is an order for the loop: done by its
thread under its lease, between two turns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from reconciler import wire
from reconciler.model.fields import Duration
from reconciler.model.key import Key
from reconciler.model.plan import Outcome
from reconciler.model.plan import Request as Wish
from reconciler.model.units import parse_duration
from reconciler.server.auth import Principal
from reconciler.server.desk import Desk
from reconciler.server.doing import Deed, done, told
from reconciler.server.refusal import refused
from reconciler.server.rest import (
    Caller,
    Name,
    TheDesk,
    TheTenant,
    allowed,
    kind_of,
    needs,
    seen,
)
from reconciler.server.tokens import Role

router = APIRouter(dependencies=[Depends(allowed)])
_ALWAYS = "^([0-9]{1,4}[smhd]){1,4}$"  # durations that are right whatever their numbers


Lasting = Annotated[Duration, Field(description="for how long it holds, if it is not used",
                                    json_schema_extra={"pattern": _ALWAYS})]  # fmt: skip


class Verb(StrEnum):
    """What the loop is asked to do."""

    SUSPEND = "suspend"
    RESUME = "resume"
    RESTART = "restart"
    ROLLBACK = "rollback"
    UNHOLD = "unhold"
    ADOPT = "adopt"


@dataclass(frozen=True, slots=True)
class Asking:
    """What a verb asks of the planner, of which kinds, and who may."""

    wish: Callable[[frozenset[Key], str], Wish]
    kinds: tuple[str, ...] = ("Graph",)
    role: Role = Role.EDITOR


_VERBS = {
    Verb.SUSPEND: Asking(lambda keys, by: Wish(suspend=keys, by=by), ("Engine", "Graph")),
    Verb.RESUME: Asking(lambda keys, by: Wish(resume=keys, by=by), ("Engine", "Graph")),
    Verb.RESTART: Asking(lambda keys, by: Wish(restart=keys, by=by)),
    Verb.ROLLBACK: Asking(lambda keys, by: Wish(rollback=keys, targets=keys, by=by)),
    Verb.UNHOLD: Asking(lambda keys, by: Wish(unhold=keys, targets=keys, by=by)),
    Verb.ADOPT: Asking(lambda keys, by: Wish(adopt=keys, targets=keys, by=by),
                       ("Engine", "Graph"), Role.ADMIN),
}  # fmt: skip


class Said(BaseModel):
    """What a person says with it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reason: str = Field("", max_length=500, description="why; kept in the audit log")


class Agreed(Said):
    """An approval."""

    expires: Lasting = "24h"


class Ordered(Said):
    """An order. `fingerprint` is that of a plan that was shown: nothing is done if it changed."""

    wait_s: float = Field(30.0, ge=0, le=300, strict=False,
                          description="the most seconds until it is begun")  # fmt: skip
    fingerprint: str | None = Field(None, max_length=128)


@router.post("/resources/{kind}/{name}:approve")
@needs(Role.ADMIN)
def approve(  # noqa: PLR0913, PLR0917  each is a part of the request
    desk: TheDesk, tenant: TheTenant, who: Caller, request: Request, kind: str, name: Name,
    said: Agreed | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Agree to what is pending of a thing and its parts: done once, while the world is the same."""
    said = said or Agreed()
    request.scope["reason"] = said.reason
    key = Key(tenant, kind_of(kind), name)
    desired, for_s = seen(desk).planned.desired, parse_duration(said.expires)
    given = desk.asking.approve(desired, key, for_s, who.person)
    desk.bell.ring("approved")
    told = [{"address": one.address, "by": one.by, "expires": _moment(one.expires)}
            for one in given]  # fmt: skip
    return {"approved": told}


@router.post("/resources/{kind}/{name}:{verb}", response_class=JSONResponse)
@needs(Role.EDITOR)
async def act(  # noqa: PLR0913, PLR0917  each is a part of the request
    desk: TheDesk, tenant: TheTenant, who: Caller, request: Request, kind: str, name: Name,
    verb: Verb, said: Ordered | None = None,
) -> Response:  # fmt: skip
    """Ask it of the loop. Answers when it is done; withdrawn where it is not begun in time."""
    said, key = said or Ordered(), Key(tenant, kind_of(kind), name)
    request.scope["reason"] = said.reason
    deed = ordered(who, key, verb, said)
    accepts = request.headers.get("accept", "")
    if who.everywhere and wire.LINES in accepts:  # they tell of all tenants
        return await told(desk, deed)
    return _spelled(desk, await done(desk, deed))


def ordered(who: Principal, key: Key, verb: Verb, said: Ordered) -> Deed:
    """What somebody orders. Raises Refusal where he may not."""
    asking = _VERBS[verb]
    if (who.role_in(key.tenant) or Role.VIEWER) < asking.role:
        raise refused(403, "HT102", f"`{verb}` is for the role {asking.role.name.lower()}")
    if key.kind not in asking.kinds:
        raise refused(422, "CL104", f"{verb} takes {' or '.join(asking.kinds)}, and {key} is none")
    wish = asking.wish(frozenset({key}), who.person)
    return Deed(wish, said.fingerprint, said.wait_s)


def _spelled(desk: Desk, outcome: Outcome) -> JSONResponse:
    """What was done. 500 where a step failed, with the problems."""
    failed = [problem for found in outcome.failed.values() for problem in found]
    body = {
        "done": list(outcome.done),
        "failed": sorted(outcome.failed),
        "skipped": dict(outcome.skipped),
        "problems": [desk.words.problem(problem) for problem in failed],
    }
    return JSONResponse(body, 200 if outcome.ok else 500)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="minutes")
