"""The way in and out for people: a form that takes a token, and gives a session for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from reconciler.server.auth import Principal
from reconciler.server.hall import Hall
from reconciler.server.page.paths import ours
from reconciler.server.page.reading import TheSheets
from reconciler.server.page.sessions import give, proves, shown_secret
from reconciler.server.page.sheet import home_of
from reconciler.server.refusal import Refusal, refused, unseen
from reconciler.server.rest import TheHall

router = APIRouter(include_in_schema=False)
_FIELDS = 16


async def form_of(request: Request) -> Mapping[str, str]:
    """What a form of ours sent: from one of our own pages only. Raises Refusal (403, 422)."""
    if not from_here(request):
        raise refused(403, "HT120", "this was not sent by a page of this coordinator",
                      "open its page, and press the button there")  # fmt: skip
    try:
        sent = parse_qs((await request.body()).decode(), True, max_num_fields=_FIELDS)
    except ValueError as error:
        raise refused(422, "HT104", "the form cannot be read") from error
    return {name: values[-1] for name, values in sent.items()}


async def proven_form(request: Request) -> Mapping[str, str]:
    """The same, with the proof that the page was given. Raises Refusal (403, 422)."""
    form = await form_of(request)
    if not proves(form.get("proof", ""), request.scope.get("proof", "")):
        raise refused(403, "HT120", "this form is of another session",
                      "open the page again, and press the button there")  # fmt: skip
    return form


def from_here(request: Request) -> bool:
    """Whether a page of this very address sent it: browsers say so with each form."""
    host, origin = request.headers.get("host", ""), request.headers.get("origin", "")
    return bool(host) and origin in (f"http://{host}", f"https://{host}")


Form = Annotated[Mapping[str, str], Depends(form_of)]
ProvenForm = Annotated[Mapping[str, str], Depends(proven_form)]


@router.get("/login")
def form(request: Request, hall: TheHall, sheets: TheSheets, to: str = "/") -> Response:
    """The form. Where no token is needed there is nothing to fill in."""
    if any(desk.gate.insecure for desk in hall.desks):
        return RedirectResponse(ours(to), 303)
    return sheets.show(request, "login.html", to=ours(to), wrong=())


@router.post("/login")
def enter(request: Request, hall: TheHall, sheets: TheSheets, sent: Form) -> Response:
    """Begin a session in each environment that the token opens.

    A wrong one is counted, and answered as on `/v1`.
    """
    to = ours(sent.get("to", "/"))
    address = request.client.host if request.client else ""
    headers = {"authorization": f"Bearer {sent.get('token', '').strip()}"}
    try:
        who = _admitted(hall, headers, address)
    except Refusal as refusal:
        return sheets.show(request, "login.html", status=refusal.status_code, to=to,
                           wrong=refusal.problems)  # fmt: skip
    request.scope["entered"] = who.keys()  # for their audit logs
    name, request.scope["principal"] = next(iter(who.items()))
    home = f"{hall.place(name)}{home_of(who[name])}"
    answer = RedirectResponse(home if to == "/" else to, 303)
    give(answer, request.headers["host"], hall.sessions.begin(who, shown_secret(request)))
    return answer


def _admitted(hall: Hall, headers: Mapping[str, str], address: str) -> dict[str, Principal]:
    """Who he is, by the environments that let him in. Raises Refusal where none does."""
    found: dict[str, Principal] = {}
    wrong = unseen()
    for desk in hall.desks:
        try:
            found[desk.environment] = desk.gate.admit(headers, None)
        except Refusal as refusal:
            wrong = refusal
    if not found and hall.desks:
        hall.desks[0].gate.admit(headers, address)  # counted once, however many there are
    if not found:
        raise wrong
    return found


leaving = APIRouter(include_in_schema=False)


@leaving.post("/logout")
def leave(request: Request, hall: TheHall, sent: ProvenForm) -> Response:  # noqa: ARG001  it must be proven
    """End the session."""
    hall.sessions.end(shown_secret(request))
    answer = RedirectResponse("/login", 303)
    give(answer, request.headers["host"], "")
    return answer
