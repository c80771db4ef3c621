"""Addresses as people write them: `Graph/packages`, `graphs/packages`, `sales:Graph/packages`."""

from __future__ import annotations

from reconciler.model.key import DEFAULT_TENANT, Key, is_name
from reconciler.model.kinds import LATER_KINDS, SPECS
from reconciler.model.problem import Problem

KINDS = tuple(kind for kind in SPECS if kind not in ("Project", "Policy"))


def kind_of(text: str) -> str | Problem:
    """A kind, however it is spelled: `graph`, `Graphs`."""
    known = {kind.lower(): kind for kind in KINDS}
    known |= {f"{name}s": kind for name, kind in known.items()}
    if found := known.get(text.lower()):
        return found
    later = {kind.lower() for kind in LATER_KINDS}
    hint = (
        "this version of gsctl does not serve it yet"
        if text.lower() in later
        else f"the kinds are {', '.join(KINDS)}"
    )
    return Problem("error", f"there is no kind `{text}`", "CL103", hint=hint)


def parse(text: str, tenant: str | None = None) -> Key | Problem:
    """The key that an address names. A path below the thing (`Graph/x.vertices.A`) is no key."""
    written, colon, rest = text.rpartition(":")
    kind, slash, name = rest.partition("/")
    if not slash:
        return Problem("error", f"`{text}` is no address", "CL104",
                       hint=f"write its kind before it: `Graph/{text}`")  # fmt: skip
    if not kind:
        hint = "an address is a kind and a name, such as `Graph/packages`"
        return Problem("error", f"`{text}` is no address, but a path", "CL104", hint=hint)
    found = kind_of(kind)
    if isinstance(found, Problem):
        return found
    if not is_name(name):
        return Problem("error", f"`{name}` is no name", "CL104",
                       hint="letters, digits, `_`, `.` and `-`, up to 63")  # fmt: skip
    if found == "Tenant":
        return Key(DEFAULT_TENANT, found, name)  # it lies in none
    return Key(written if colon else tenant or DEFAULT_TENANT, found, name)


def parse_as(kind: str, text: str, tenant: str | None = None) -> Key | Problem:
    """The same where the kind is known, and a bare name will do: `query packages …`."""
    key = parse(text if "/" in text else _with_kind(kind, text), tenant)
    if isinstance(key, Key) and key.kind != kind:
        return Problem("error", f"`{text}` is no {kind}", "CL104", hint=f"name a {kind}")
    return key


def _with_kind(kind: str, text: str) -> str:
    tenant, colon, name = text.rpartition(":")
    return f"{tenant}{colon}{kind}/{name}"
