"""The language of Paper, and how its servers are asked: `count T`, `keys T`, `add T KEY`."""

from __future__ import annotations

import http.client
import json
from typing import Any

from reconciler.contracts import Table, Unanswered
from reconciler.model.catalog import Catalog
from reconciler.model.unit import Unit
from reconciler.testing.paper.page import Page
from reconciler.testing.words import Words

WORDS = Words(
    "paper", "count {type}", "keys {type}", "add {type} {value}", "count NowhereToBeFound"
)
_ANSWER_S = 2.0


class Wrong(ValueError):
    """A sentence that Paper does not understand, or will not do."""


def fits(text: str, catalog: Catalog) -> str | None:
    """Why a sentence does not fit a catalog, or None."""
    verb, _, rest = text.partition(" ")
    if verb not in ("count", "keys", "add"):
        return f"`{verb}` is no word"
    type_ = rest.partition(" ")[0]
    return None if type_ in dict(catalog.types()) else f"there is no type `{type_}`"


def answer(page: Page, text: str, *, write: bool, limit: int | None) -> Table:
    """Do a sentence on a page. Raises Wrong."""
    if why := fits(text, page.catalog):
        raise Wrong(why)
    verb, type_, *rest = text.split(" ", 2)
    rows = page.rows.setdefault(type_, [])
    if verb == "count":
        return Table(("n",), ((len(rows),),))
    key = page.catalog.vertices[type_].key
    if verb == "keys":
        found = tuple((row[key],) for row in rows)
        return Table(("k",), found[:limit], limit is not None and len(found) > limit)
    if not write:
        raise Wrong("it was asked to read only")
    zeros = dict.fromkeys(page.catalog.properties(type_), "")
    rows.append({**zeros, key: rest[0]})
    return Table((), ())


def ask(unit: Unit, text: str, *, write: bool, limit: int | None) -> Table:
    """Ask a server. Raises Wrong, Unanswered."""
    body = json.dumps({"text": text, "write": write, "limit": limit})
    data = _request(unit, "POST", body)
    if "wrong" in data:
        raise Wrong(data["wrong"])
    rows = tuple(tuple(row) for row in data["rows"])
    return Table(tuple(data["columns"]), rows, data["more"])


def says_its_copy(unit: Unit) -> bool:
    """Whether a server answers, and for the copy that it was started with."""
    try:
        return bool(_request(unit, "GET")["copy"] == unit.copy)
    except Unanswered:
        return False


def _request(unit: Unit, method: str, body: str | None = None) -> Any:
    assert unit.address, "a server has an address"
    host, _, port = unit.address.rpartition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=_ANSWER_S)
    try:
        connection.request(method, "/", body)
        return json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Unanswered(f"its server at {unit.address} does not answer ({error})") from error
    finally:
        connection.close()
