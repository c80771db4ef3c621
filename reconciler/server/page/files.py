"""The files of the pages: a stylesheet, an icon, and htmx as it was published."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from mimetypes import guess_type

from fastapi import APIRouter
from starlette.responses import Response

from reconciler.server.page.paths import OPEN
from reconciler.server.refusal import refused

router = APIRouter(include_in_schema=False)
_HEADERS = {"Cache-Control": "max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@router.get("/static/{name}")
def static(name: str) -> Response:
    """One of them. Pages name it with its digest, so that browsers may keep it."""
    if f"/static/{name}" not in OPEN:
        raise refused(404, "HT104", "there is no such file")
    return Response(_content(name), media_type=guess_type(name)[0], headers=_HEADERS)


def address(name: str) -> str:
    """What a page writes to get a file as it is now."""
    return f"/static/{name}?{sha256(_content(name)).hexdigest()[:12]}"


@cache
def _content(name: str) -> bytes:
    return (files("reconciler.server.page") / "static" / name).read_bytes()
