"""`POST /v1/webhooks/git`: no token opens it, but what GitHub and GitLab prove with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request

from reconciler.following.webhooks import Delivery, Unproven, Unreadable, announced
from reconciler.server.auth import WINDOW_S, Principal
from reconciler.server.refusal import Refusal, refused
from reconciler.server.tokens import Role

if TYPE_CHECKING:
    from reconciler.server.hall import Hall

PATH = "/v1/webhooks/git"
_HINT = "give the repository's webhook the secret that stands in the file of `--git-access`"
router = APIRouter()


def admit(hall: Hall, headers: Mapping[str, str], address: str) -> Delivery:
    """What is coming, judged before any of it is read. Raises Refusal: 401, 429."""
    try:
        return announced(headers)
    except Unproven as error:
        raise _denied(hall, error, address) from error


@router.post(PATH, status_code=202)
async def webhook(request: Request) -> dict[str, Any]:
    """A push somewhere: the sources that it is about are looked at now."""
    hall: Hall = request.app.state.hall
    delivery: Delivery = request.scope["delivery"]
    body = await request.body()
    try:
        asked = hall.webhooks.receive(delivery, body)
    except Unproven as error:
        raise _denied(hall, error, request.client.host if request.client else "") from error
    except Unreadable as error:
        raise refused(422, "HT104", str(error)) from error
    request.scope["principal"] = Principal(f"webhook of {delivery.sort}", Role.VIEWER)
    return {"sources": list(asked)}


def _denied(hall: Hall, error: Unproven, address: str) -> Refusal:
    if hall.failures.add(address, time.monotonic()):
        return refused(429, "HT103", "too many deliveries of nobody known came from this address",
                       "wait a minute", {"Retry-After": f"{WINDOW_S:.0f}"})  # fmt: skip
    return refused(401, "HT115", str(error), _HINT)
