"""`/v1/nouns`: what a command line needs to show all that it shows of a place where it runs itself.

Each answer is of a look of its own, as a command's is, and in the words of `reconciler.wire`: only
a command line of the same version understands it, and another one is told so. It tells of all
tenants, so that a token of one will not do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from reconciler import wire
from reconciler.model.key import DEFAULT_TENANT, NAME_PATTERN, Key
from reconciler.model.kinds import SPECS
from reconciler.model.plan import Request
from reconciler.server.asking import Sent
from reconciler.server.refusal import refused
from reconciler.server.rest import Caller, TheDesk, TheSight, allowed, needs
from reconciler.server.tokens import Role

TYPE = "application/vnd.gsctl.nouns+json"
_KINDS = "|".join(SPECS)
Address = Annotated[str, Field(pattern=rf"^({NAME_PATTERN}:)?({_KINDS})/{NAME_PATTERN}$",
                               max_length=160)]  # fmt: skip
Name = Annotated[str, Field(max_length=4096)]
Addresses = Annotated[list[Address], Field(max_length=1000)]


async def same_version(
    desk: TheDesk, gsctl_version: Annotated[str, Header(max_length=64)] = ""
) -> None:
    """Raises Refusal (406) where the one who asks would not understand the answer."""
    if gsctl_version != desk.words.version:
        says = f"this coordinator is gsctl {desk.words.version}"
        raise refused(406, "CX112", says, "ask with a command line of the same version")


router = APIRouter(prefix="/nouns", dependencies=[Depends(allowed), Depends(same_version)])


class Proposal(BaseModel):
    """Documents to plan instead of those that are followed; nothing of them is kept."""

    model_config = ConfigDict(extra="forbid", strict=True)

    documents: dict[Name, str] = Field(max_length=10_000, description="texts of files, by name")
    variables: dict[Name, str] = Field({}, max_length=1000, description="as `--var` gives them")
    files: dict[Name, str] = Field({}, max_length=100_000, description="sha256 of data files")


class Chosen(BaseModel):
    """What is asked of the planner beyond "as declared", by addresses."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reload: Addresses = []
    rebuild: Addresses = []
    targets: Addresses = []
    excludes: Addresses = []

    def request(self, by: str) -> Request:
        """As the planner takes it."""
        sets: dict[str, Any] = {
            name: frozenset(map(key_of, value)) for name, value in self if isinstance(value, list)
        }
        return Request(**sets, by=by)


class Wished(Chosen):
    """The same, with what is asked of things by verbs, and of which documents."""

    rollback: Addresses = []
    unhold: Addresses = []
    adopt: Addresses = []
    suspend: Addresses = []
    resume: Addresses = []
    restart: Addresses = []
    allow_deletes: bool = False
    proposal: Proposal | None = None
    explain: bool = Field(False, description="also what the engines would be told for each step")

    def request(self, by: str) -> Request:
        """As the planner takes it."""
        return replace(super().request(by), allow_deletes=self.allow_deletes)


@router.get("/look", response_class=Response)
@needs(Role.VIEWER, whole=True)
def look(desk: TheDesk, sight: TheSight) -> Response:
    """Everything that is wished or lives, with the plan."""
    return _told(desk.asking.look(sight.planned.desired))


@router.post("/plan", response_class=Response)
@needs(Role.VIEWER, whole=True)
def plan(desk: TheDesk, sight: TheSight, who: Caller, wished: Wished | None = None) -> Response:
    """A plan of the documents that are followed, or of those that are sent: for editors.

    Documents name places, and whoever names one learns whether something is there.
    """
    wished = wished or Wished()
    request, given = wished.request(who.person), wished.proposal
    if given is None:
        desired = sight.planned.desired
        return _told(desk.asking.plan(desired, request, explain=wished.explain))
    if (who.everywhere or Role.VIEWER) < Role.EDITOR:
        raise refused(403, "HT102", "documents of one's own are planned for the role editor")
    sent = Sent(given.documents, given.variables, given.files)
    return _told(desk.asking.propose(sent, request, explain=wished.explain))


class Asked(BaseModel):
    """A thing, or a part of one by its path."""

    model_config = ConfigDict(extra="forbid", strict=True)

    address: Annotated[str, Field(pattern=rf"^({NAME_PATTERN}:)?({_KINDS})/.", max_length=1024)]


@router.post("/why", response_class=Response)
@needs(Role.VIEWER, whole=True)
def why(desk: TheDesk, sight: TheSight, asked: Asked) -> Response:
    """Which line asks for it, which applies brought it, what stands on it, what comes next."""
    return _told(desk.asking.why(sight.planned.desired, asked.address))


class AskedGraph(BaseModel):
    """A live graph."""

    model_config = ConfigDict(extra="forbid", strict=True)

    address: Address


@router.post("/endpoint", response_class=Response)
@needs(Role.VIEWER, whole=True)
def endpoint(desk: TheDesk, sight: TheSight, asked: AskedGraph) -> Response:
    """Where a graph answers, as it is on that machine, and a snippet; nothing where it does not."""
    found = desk.asking.endpoint(sight.planned.desired, key_of(asked.address))
    return _told((found.address, found.snippet) if found else ())


@router.get("/log", response_class=Response)
@needs(Role.EDITOR, whole=True)
def log(  # noqa: PLR0913, PLR0917  each is a part of the request
    desk: TheDesk, sight: TheSight, address: Annotated[Address, Query()],
    of: Literal["server", "relay"] = "server", lines: Annotated[int, Query(ge=0, le=100_000)] = 100,
    after: Annotated[str, Query(max_length=64, description="`place` of an earlier answer")] = "",
) -> Response:  # fmt: skip
    """What a graph's server wrote. For editors: a query in it may be anybody's."""
    key = key_of(address)
    graph = sight.planned.live.graphs.get(key)
    if graph is None:
        raise refused(404, "RF104", f"there is no live {key}", "`gsctl get` tells")
    return _told(desk.asking.log(graph, lines, relay=of == "relay", after=after))


@router.get("/tests", response_class=Response)
@needs(Role.EDITOR, whole=True)
def trials(
    desk: TheDesk, sight: TheSight, procedure: Annotated[Address | None, Query()] = None
) -> Response:
    """The tests of applied procedures. For editors: they may ask for many rows."""
    key = key_of(procedure) if procedure else None
    return _told(desk.asking.tests(sight.planned.desired, key))


@router.get("/runs", response_class=Response)
@needs(Role.VIEWER, whole=True)
def runs(desk: TheDesk, sight: TheSight) -> Response:
    """The applies of the past, oldest first: also those of people."""
    return _told(desk.asking.runs(sight.planned.desired))


def _told(value: Any) -> Response:
    return Response(wire.dumped(value), media_type=TYPE)


def key_of(address: str) -> Key:
    """The thing of an `Address`."""
    tenant, colon, rest = address.rpartition(":")
    kind, _, name = rest.partition("/")
    return Key(tenant if colon else DEFAULT_TENANT, kind, name)
