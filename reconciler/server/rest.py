"""`/v1`: what lives and what is planned, read from the last look; and the buttons.

Each question says which role it needs; one that says nothing is open to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from reconciler.model.key import DEFAULT_TENANT, NAME_PATTERN, Key
from reconciler.model.kinds import SPECS
from reconciler.model.nearest import did_you_mean
from reconciler.server.auth import Principal
from reconciler.server.desk import Desk
from reconciler.server.hall import Hall
from reconciler.server.lasting import told
from reconciler.server.narrow import of_tenant
from reconciler.server.refusal import refused, unseen
from reconciler.server.tokens import Role
from reconciler.server.window import Sight
from reconciler.things import Thing

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Name = Annotated[str, Path(pattern=f"^{NAME_PATTERN}$", max_length=63)]


def needs(role: Role, *, whole: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Say who may ask. `whole`: it tells of all tenants, so that a token of one will not do."""

    def mark(function: Endpoint) -> Endpoint:
        function.__dict__["needs"] = (role, whole)
        return function

    return mark


async def desk_of(request: Request) -> Desk:
    """What the request is answered from."""
    desk: Desk = request.scope["desk"]
    return desk


async def hall_of(request: Request) -> Hall:
    """All that the coordinator answers from."""
    hall: Hall = request.app.state.hall
    return hall


async def tenant_of(request: Request) -> str:
    """The tenant in the path."""
    return _tenant(request)


def _tenant(request: Request) -> str:
    return str(request.path_params.get("tenant", DEFAULT_TENANT))


async def allowed(request: Request) -> Principal:
    """Who asks, when he may. Raises Refusal (403)."""
    who: Principal = request.scope["principal"]
    role, whole = getattr(request.scope["route"].endpoint, "needs", (None, True))
    has = who.everywhere if whole else who.role_in(_tenant(request))
    if has is None:  # the same for what there is and for what there is not
        own = " or ".join(f"/v1/tenants/{tenant}/" for tenant in sorted(who.roles))
        raise refused(403, "HT102", f"`{who.name}` has no role here",
                      f"ask below {own}" if own else "become a member of a Tenant")  # fmt: skip
    if role is None or has < role:
        wanted = role.name.lower() if role else "nobody's"
        raise refused(403, "HT102", f"this is for the role {wanted}, and `{who.name}` is "
                      f"{has.name.lower()}", "ask with a token of that role")  # fmt: skip
    return who


async def sight_of(desk: Annotated[Desk, Depends(desk_of)]) -> Sight:
    """The last look. Raises Refusal (503) before the first."""
    return seen(desk)


def seen(desk: Desk) -> Sight:
    """The same, for who has the desk."""
    if desk.window.scene.sight is None:
        raise unseen()
    return desk.window.scene.sight


async def named_tenant(tenant: Name) -> None:
    """The tenant in the path is a name."""


async def named_environment(request: Request, environment: Name) -> None:
    """The environment in the path is one that is kept here. Raises Refusal (404)."""
    hall: Hall = request.app.state.hall
    if environment not in hall.names:
        says = f"this coordinator keeps the {hall.known}, not {environment}"
        raise refused(404, "CX113", says, f"name it: `-e {hall.names[0]}`")


Caller = Annotated[Principal, Depends(allowed)]
TheDesk = Annotated[Desk, Depends(desk_of)]
TheHall = Annotated[Hall, Depends(hall_of)]
TheSight = Annotated[Sight, Depends(sight_of)]
TheTenant = Annotated[str, Depends(tenant_of)]
router = APIRouter(dependencies=[Depends(allowed)])


@router.get("/resources")
@needs(Role.VIEWER)
def resources(sight: TheSight, tenant: TheTenant) -> dict[str, Any]:
    """Everything declared or live: desired, live, phase, conditions, drift."""
    return _listed(sight, (t for t in sight.things if t.key.belongs_to == tenant))


@router.get("/resources/{kind}")
@needs(Role.VIEWER)
def resources_of(sight: TheSight, tenant: TheTenant, kind: str) -> dict[str, Any]:
    """The things of a kind."""
    kind_of(kind)
    things = (t for t in sight.things if t.key.belongs_to == tenant and t.key.kind == kind)
    return _listed(sight, things)


@router.get("/resources/{kind}/{name}")
@needs(Role.VIEWER)
async def resource(sight: TheSight, tenant: TheTenant, kind: str, name: Name) -> dict[str, Any]:
    """One thing."""
    key = Key(tenant, kind_of(kind), name)
    if thing := sight.thing(key):
        return told(thing, sight.turned.get(thing.key, {}))
    raise refused(404, "RF104", f"there is no {key}, declared or live", "GET /v1/resources")


@router.get("/plan", response_model=dict[str, Any])
@needs(Role.VIEWER)
async def plan(desk: TheDesk, sight: TheSight, tenant: TheTenant, request: Request) -> Response:
    """What the next turn would do, as it was seen last; in the shape of `gsctl plan --json`."""
    who: Principal = request.scope["principal"]
    whole = who.everywhere is not None
    answer = sight.plans.get((tenant, whole))
    if answer is None:  # in a thread: a long plan takes a while to spell
        answer = await run_in_threadpool(_plan, desk, sight, tenant, whole)
        sight.plans.put((tenant, whole), answer)
    return Response(answer, media_type="application/json")


def _plan(desk: Desk, sight: Sight, tenant: str, whole: bool) -> bytes:  # noqa: FBT001  by position
    planned = of_tenant(sight.planned, tenant, whole=whole)
    acting = sight.acting and (whole or bool(planned.plan.steps))
    told = {**desk.words.plan(planned), "seen_at": sight.at, "acting": acting}
    return bytes(JSONResponse(jsonable_encoder(told)).body)


@router.post("/reconcile", status_code=202)
@needs(Role.EDITOR)
def reconcile(desk: TheDesk) -> dict[str, Any]:
    """Look now. The answer does not wait for it: /v1/events and /v1/history tell."""
    leading(desk)
    desk.bell.ring("asked")
    return {"asked": True}


def leading(desk: Desk) -> None:
    """Raises Refusal (409) with the address of the one that leads."""
    scene = desk.window.scene
    if scene.part != "leading":
        url = scene.leader.coordinator if scene.leader else None
        hint = f"ask {url}" if url else "ask again when nobody else writes"
        raise refused(409, "CO101", f"this coordinator does not lead: it is {scene.part}", hint)


def kind_of(text: str) -> str:
    """A kind, spelled as in documents. Raises Refusal (404)."""
    if text in SPECS:
        return text
    raise refused(404, "CL103", "there is no such kind", did_you_mean(text, SPECS))


def _listed(sight: Sight, things: Iterable[Thing]) -> dict[str, Any]:
    items = [told(thing, sight.turned.get(thing.key, {})) for thing in things]
    return {"kind": "List", "items": items}
