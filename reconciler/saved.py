"""A plan in a file: applied exactly as it was shown, or refused with the names of what changed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.key import Key
from reconciler.model.plan import Request
from reconciler.model.resource import Desired

FORMAT = 1


class NotAPlan(ValueError):
    """A file is no plan of this gsctl, or was changed since it was saved."""


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What is needed to know whether a plan made now is the one that was saved."""

    owner: str
    request: Request
    fingerprint: str
    documents: Mapping[str, Any]  # by address, variables resolved
    files: Mapping[str, str]  # sha256 of each data file, by path
    seen: Mapping[str, str]  # digest of each live thing that is touched, by address
    shown: Mapping[str, Any]  # the plan as JSON, for people and programs


def documents_of(desired: Desired) -> Mapping[str, Any]:
    """The documents, by address."""
    return {str(key): desired.documents[key] for key in sorted(desired.documents)}


def files_of(desired: Desired) -> Mapping[str, str]:
    """The digests of all data files, by path."""
    return {
        file.path: file.sha256
        for key in sorted(desired.loads)
        for content in desired.loads[key].types
        for source in content.sources
        for file in source.files
    }


def dump(saved: SavedPlan, key: str | None) -> str:
    """The file's text. With `key` it carries an HMAC, without one a checksum, and says so."""
    body = {
        "format": FORMAT,
        "owner": saved.owner,
        "request": _plain(saved.request),
        "fingerprint": saved.fingerprint,
        "documents": saved.documents,
        "files": saved.files,
        "seen": saved.seen,
        "plan": saved.shown,
    }
    seal = {"integrity": "hmac-sha256" if key else "checksum only", "seal": _seal(body, key)}
    return json.dumps({**body, **seal}, indent=1, sort_keys=True) + "\n"


def load(text: str, key: str | None) -> SavedPlan:
    """The inverse of `dump`.

    Raises:
        NotAPlan: it is none, it was changed, or its HMAC does not fit `key`.
    """
    try:
        data = json.loads(text)
        integrity, seal = data.pop("integrity"), data.pop("seal")
        format_ = data["format"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAPlan("it is no saved plan") from error
    if format_ != FORMAT:
        raise NotAPlan(f"another gsctl saved it (format {format_}; this one knows {FORMAT})")
    if integrity == "hmac-sha256" and not key:
        raise NotAPlan("it is signed, and GSCTL_PLAN_KEY is not set")
    if key and integrity != "hmac-sha256":
        raise NotAPlan("GSCTL_PLAN_KEY is set, and it is not signed")
    if not hmac.compare_digest(str(seal), _seal(data, key)):
        raise NotAPlan("it was changed since it was saved, or signed with another key")
    return SavedPlan(
        data["owner"], _request(data["request"]), data["fingerprint"], data["documents"],
        data["files"], data["seen"], data["plan"],
    )  # fmt: skip


def differences(saved: SavedPlan, now: SavedPlan) -> Iterator[str]:
    """What is not as it was when the plan was saved, named one by one."""
    if saved.owner != now.owner:
        yield f"it is a plan of {saved.owner}, not of {now.owner}"
    yield from _named(saved.documents, now.documents, "{} changed in the documents")
    yield from _named(saved.files, now.files, "the data file {} changed")
    planned, pending = _changes(saved), _changes(now)
    for name in sorted(saved.seen.keys() | now.seen.keys() | planned | pending):
        if saved.seen.get(name) != now.seen.get(name) or (name in planned) != (name in pending):
            yield f"{name} changed where it lives"


def _changes(plan: SavedPlan) -> frozenset[str]:
    """The addresses that a plan changes."""
    found = (*plan.shown["resource_changes"], *plan.shown["withheld"])
    return frozenset(change["address"] for change in found)


def _named(before: Mapping[str, Any], after: Mapping[str, Any], says: str) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield says.format(name)


def _seal(body: Mapping[str, Any], key: str | None) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    if key:
        return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
    return hashlib.sha256(text).hexdigest()


_SETS = ("reload", "rebuild", "targets", "excludes", "rollback", "unhold", "adopt")


def _plain(request: Request) -> Mapping[str, Any]:
    sets = {
        name: [[k.tenant, k.kind, k.name] for k in sorted(getattr(request, name))] for name in _SETS
    }
    return {**sets, "allow_deletes": request.allow_deletes}


def _request(data: Mapping[str, Any]) -> Request:
    sets: dict[str, Any] = {name: frozenset(Key(*key) for key in data[name]) for name in _SETS}
    return Request(**sets, allow_deletes=bool(data["allow_deletes"]))
