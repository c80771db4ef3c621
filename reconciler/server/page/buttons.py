"""The buttons: each does what its question of `/v1` does, and brings back the page it was on."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from reconciler.model.key import Key
from reconciler.server import rest, verbs
from reconciler.server.auth import Principal
from reconciler.server.desk import Desk
from reconciler.server.doing import done
from reconciler.server.page.paths import ours
from reconciler.server.page.reading import TheReader
from reconciler.server.page.sheet import link
from reconciler.server.page.signing import ProvenForm
from reconciler.server.refusal import Refusal
from reconciler.server.rest import Name, TheDesk, allowed, kind_of, needs
from reconciler.server.tokens import Role

router = APIRouter(dependencies=[Depends(allowed)], include_in_schema=False)
Caller = Annotated[Principal, Depends(allowed)]
_LONGEST_REASON = 500
_LOOKS, _BETWEEN_S = 60, 0.05


@router.post("/act/reconcile")
@needs(Role.EDITOR)
def reconcile(desk: TheDesk, reader: TheReader, sent: ProvenForm) -> Response:  # noqa: ARG001  it must be proven
    """Look now."""
    rest.reconcile(desk)
    return RedirectResponse(f"{reader.base}/", 303)


@router.post("/act/approve/{kind}/{name}")
@needs(Role.ADMIN)
def approve(  # noqa: PLR0913, PLR0917  each is a part of the request
    request: Request, desk: TheDesk, who: Caller, reader: TheReader, sent: ProvenForm, kind: str,
    name: Name,
) -> Response:  # fmt: skip
    """Agree to what is pending of a thing."""
    said = verbs.Agreed(reason=_reason(sent))
    verbs.approve(desk, reader.tenant, who, request, kind, name, said)
    return _back(reader, Key(reader.tenant, kind, name), "approve", sent)


@router.post("/act/{verb}/{kind}/{name}")
@needs(Role.EDITOR)
async def act(  # noqa: PLR0913, PLR0917  each is a part of the request
    request: Request, desk: TheDesk, who: Caller, reader: TheReader, sent: ProvenForm,
    verb: verbs.Verb, kind: str, name: Name,
) -> Response:  # fmt: skip
    """Ask it of the loop, and come back when it is done."""
    said, key = verbs.Ordered(reason=_reason(sent)), Key(reader.tenant, kind_of(kind), name)
    request.scope["reason"] = said.reason
    outcome = await done(desk, verbs.ordered(who, key, verb, said))
    if not outcome.ok:
        failed = (problem for found in outcome.failed.values() for problem in found)
        raise Refusal(500, *failed)
    await _shown(desk)
    return _back(reader, key, verb, sent)


async def _shown(desk: Desk) -> None:
    """Wait a little until the loop has looked again, so that the page tells what is so now."""
    since = time.time()
    for _ in range(_LOOKS):
        sight = desk.window.scene.sight
        if sight and sight.at >= since and not sight.acting:
            return
        await asyncio.sleep(_BETWEEN_S)


def _reason(sent: ProvenForm) -> str:
    return sent.get("reason", "")[:_LONGEST_REASON]


def _back(reader: TheReader, key: Key, verb: str, sent: ProvenForm) -> Response:
    there = ours(sent["to"]) if "to" in sent else link(key, reader.base)
    return RedirectResponse(f"{there}?{urlencode({'did': verb})}", 303)
