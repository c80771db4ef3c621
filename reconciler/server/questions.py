"""`/v1`: rows out of graphs, events as they come, and the turns of the past."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from reconciler.model.key import Key
from reconciler.server.auth import Principal
from reconciler.server.feed import Full, Told
from reconciler.server.refusal import refused
from reconciler.server.rest import Caller, Name, TheDesk, TheSight, TheTenant, allowed, needs
from reconciler.server.rows import Asked, Bounds, plain
from reconciler.server.tokens import Role

router = APIRouter(dependencies=[Depends(allowed)])


def _whole(value: Any) -> Any:
    """`20.0` is a whole number in JSON, `"20"` is none."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Call(BaseModel):
    """What is asked of a procedure, and how much may come back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    parameters: dict[str, Any] = Field({}, description="by name, each of its declared type")
    limit: Annotated[int, BeforeValidator(_whole)] = Field(
        1000, ge=1, le=10_000, description="the most rows"
    )
    timeout_s: float = Field(30.0, gt=0, le=300, strict=False, description="the most seconds")

    @property
    def bounds(self) -> Bounds:
        """As the engine's driver takes them."""
        return Bounds(self.limit, self.timeout_s)


class Question(Call):
    """A query in the engine's language."""

    cypher: str = Field(min_length=1, max_length=100_000)
    write: bool = Field(False, description="may it change rows; for editors")


@router.post("/query/{graph}")
@needs(Role.VIEWER)
def query(  # noqa: PLR0913, PLR0917  each is a part of the request
    desk: TheDesk, sight: TheSight, tenant: TheTenant, who: Caller, graph: Name, asked: Question
) -> dict[str, Any]:
    """Ask a graph. Reads only, unless `write`."""
    if asked.write and (who.role_in(tenant) or Role.VIEWER) < Role.EDITOR:
        raise refused(403, "HT102", "a query that writes is for the role editor")
    question = Asked(asked.cypher, asked.parameters, asked.bounds, asked.write)
    return plain(desk.asking.query(sight.planned.desired, Key(tenant, "Graph", graph), question))


@router.post("/call/{procedure}")
@needs(Role.VIEWER)
def call(
    desk: TheDesk, sight: TheSight, tenant: TheTenant, procedure: Name, asked: Call | None = None
) -> dict[str, Any]:
    """Run a procedure as it was applied."""
    asked = asked or Call()
    key = Key(tenant, "Procedure", procedure)
    return plain(desk.asking.call(sight.planned.desired, key, asked.parameters, asked.bounds))


@router.get("/history")
@needs(Role.VIEWER, whole=True)
def history(
    desk: TheDesk, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> dict[str, Any]:  # fmt: skip
    """The turns that said something new, the newest first."""
    return {"items": desk.history.newest(limit)}


@router.get("/events", response_class=StreamingResponse)
@needs(Role.VIEWER)
async def events(
    desk: TheDesk, request: Request, tenant: TheTenant, who: Caller,
    last_event_id: Annotated[int | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """What happens, as server-sent events; after `Last-Event-ID` where it is given."""
    sees = seen_by(who, tenant, named="tenant" in request.path_params)
    return await streamed(desk.feed.listen(last_event_id, sees, Told.text))


def seen_by(who: Principal, tenant: str, *, named: bool) -> Callable[[Told], bool]:
    """Which events are for somebody; `named`: he asks below a tenant's path."""

    def sees(told: Told) -> bool:
        if told.tenant is None:
            return who.everywhere is not None
        return told.tenant == tenant or (who.everywhere is not None and not named)

    return sees


async def streamed(stream: AsyncGenerator[str]) -> StreamingResponse:
    """Server-sent events. Raises Refusal (503) where as many listen as there may be."""
    try:
        first = await anext(stream)
    except Full as error:
        raise refused(503, "HT110", "as many listen as there may be", "ask later") from error

    async def every() -> AsyncIterator[str]:
        async with aclosing(stream):
            yield first
            async for text in stream:
                yield text

    return StreamingResponse(every(), media_type="text/event-stream",
                             headers={"Cache-Control": "no-store"})  # fmt: skip
