"""Refusals for people: a page that says what to do, or the way to the login."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reconciler.server.page.paths import is_page
from reconciler.server.page.sheet import Sheets
from reconciler.server.refusal import Refusal, Spelled, answer


def told(request: Request, refusal: Refusal, sheets: Sheets, spelled: Spelled) -> Response:
    """A page where a browser asks for one, JSON for everybody else."""
    path, headers, over = request.url.path, request.headers, refusal.status_code == 401
    asked = is_page(path) and "text/html" in headers.get("accept", "")
    if over and asked:
        to = path if request.method == "GET" else "/"
        return RedirectResponse(f"/login?to={quote(to, safe='')}", 303)
    if not asked:
        found = answer(refusal, spelled)
        if over and is_page(path) and "hx-request" in headers:
            found.headers["HX-Redirect"] = "/login"  # of a piece of a page, the whole goes
        return found
    page = sheets.show(request, "refused.html", status=refusal.status_code,
                       problems=refusal.problems, again=refusal.status_code == 503)  # fmt: skip
    page.headers.update(refusal.headers or {})
    return page
