"""The application: its routes, what it answers when something is wrong, and its health."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from reconciler.model.problem import Problem
from reconciler.server import applying, exporting, nouns, questions, rest, verbs, webhooks
from reconciler.server.entrance import Entrance
from reconciler.server.hall import Hall
from reconciler.server.page import buttons, files, live, reading, signing
from reconciler.server.page.refusing import told
from reconciler.server.page.sheet import Sheets
from reconciler.server.refusal import Complaints, Refusal, refused
from reconciler.server.tokens import Role

health = APIRouter()
_REFUSED: dict[str, Any] = {"model": Complaints, "description": "Not done, and why"}
# Of an answer that is text elsewhere.
_AS_JSON: dict[str, Any] = {"description": "Not done, and why", "content": {
    "application/json": {"schema": {"$ref": "#/components/schemas/Complaints"}}}}  # fmt: skip
about = APIRouter(dependencies=[Depends(rest.allowed)])


def make_app(hall: Hall) -> Entrance:
    """Everything that answers, behind the one entrance."""
    app = FastAPI(title="gsctl", version=hall.words.version, docs_url=None, redoc_url=None,
                  description="The coordinator of environments.",
                  responses={422: _REFUSED, "default": _REFUSED},
                  exception_handlers={Refusal: _refused, HTTPException: _broken,
                                      RequestValidationError: _invalid, Exception: _bug},
                  )  # fmt: skip
    app.state.hall, app.state.sheets = hall, Sheets(hall)
    app.include_router(health)
    app.include_router(about)
    app.include_router(webhooks.router)
    _join_api(app)
    for router in (files.router, signing.router):
        app.include_router(router)
    _join_pages(app)
    return Entrance(app, hall, app.state.sheets)


def _join_api(app: FastAPI) -> None:
    """`/v1` is the first environment that is kept; each may be named."""
    named = [Depends(rest.named_environment)]
    app.include_router(about, prefix="/v1/environments/{environment}", dependencies=named)
    for base, deps in (("/v1", []), ("/v1/environments/{environment}", named)):
        for router in (nouns.router, applying.router, exporting.router):
            app.include_router(router, prefix=base, dependencies=deps)
        for router in (rest.router, verbs.router, questions.router):
            app.include_router(router, prefix=base, dependencies=deps)
            app.include_router(router, prefix=f"{base}/tenants/{{tenant}}",
                               dependencies=[*deps, Depends(rest.named_tenant)])  # fmt: skip


def _join_pages(app: FastAPI) -> None:
    """Those of the first environment are at `/`."""
    named = [Depends(rest.named_environment)]
    app.include_router(signing.leaving)
    app.include_router(signing.leaving, prefix="/environments/{environment}")
    for base, deps in (("", []), ("/environments/{environment}", named)):
        for router in (reading.router, live.router, buttons.router):
            app.include_router(router, prefix=base, dependencies=deps)
            app.include_router(router, prefix=f"{base}/tenants/{{tenant}}",
                               dependencies=[*deps, Depends(rest.named_tenant)])  # fmt: skip


@health.get("/healthz")
async def healthz() -> dict[str, Any]:
    """Whether the process lives."""
    return {"status": "ok"}


@health.get("/readyz")
async def readyz(hall: Annotated[Hall, Depends(rest.hall_of)]) -> JSONResponse:
    """Whether it leads or stands by, and has looked, in each environment: 200, else 503 and why."""
    part, why = hall.unready(time.time())
    body = {"status": "not ready" if why else "ok", "part": part}
    return JSONResponse({**body, "reason": why} if why else body, 503 if why else 200)


@about.get("/metrics", response_class=PlainTextResponse, responses={404: _AS_JSON})
@rest.needs(Role.VIEWER, whole=True)
def metrics(request: Request, hall: Annotated[Hall, Depends(rest.hall_of)]) -> Response:
    """Numbers for Prometheus, of every environment in which whoever asks may see all."""
    text = hall.numbers(request.scope)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _told(request, error)


async def _broken(request: Request, error: Exception) -> Response:
    """What the framework says: no such path, no such method, a body that is no JSON."""
    assert isinstance(error, HTTPException)
    says = "the body cannot be read" if error.status_code == 400 else str(error.detail)
    hint = "GET /openapi.json tells what there is"
    return _told(request, refused(error.status_code, "HT104", says, hint, error.headers))


async def _invalid(request: Request, error: Exception) -> Response:
    """Where it is wrong and why; never what was sent, which may be a secret."""
    assert isinstance(error, RequestValidationError)
    found = [Problem("error", f"{'.'.join(map(str, e['loc']))}: {e['msg']}", "HT104",
                     hint="GET /openapi.json tells what there is")
             for e in error.errors()]  # fmt: skip
    return _told(request, Refusal(422, *found))


async def _bug(request: Request, error: Exception) -> Response:
    """The log of the coordinator has the traceback."""
    says = f"internal error: {type(error).__name__}"
    return _told(request, refused(500, "HT100", says, "please report it"))


def _told(request: Request, refusal: Refusal) -> Response:
    state = request.app.state
    return told(request, refusal, state.sheets, state.hall.words.problem)
