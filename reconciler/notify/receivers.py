"""Who is told, of what and where: a file of the operator's, never a document of the repository.

Codes: NT101 the file, NT102 an address that was looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from reconciler.model.fields import Model
from reconciler.model.key import NAME_PATTERN
from reconciler.model.kinds import Secret
from reconciler.model.problem import Problem
from reconciler.notify.cause import SORTS, Sort
from reconciler.notify.message import FIELDS, TEMPLATE
from reconciler.source.secrets import hide_literals, resolve_secret
from reconciler.source.validate import part_of
from reconciler.source.yaml import read_documents

LARGEST_BYTES = 1 << 20
_ADDRESS = re.compile(r"[!-~]+")


def _fit_url(url: str) -> str:
    """An address that may be asked. Raises ValueError, whose words never hold it."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or not _ADDRESS.fullmatch(url):
        raise ValueError("a URL must begin with https:// or http:// and name a host")
    if "@" in parts.netloc:
        raise ValueError("a URL must hold no user and password: give a `token`")
    return url


def _fit_template(text: str) -> str:
    try:
        Template(text).substitute(dict.fromkeys(FIELDS, ""))
    except KeyError as error:
        raise ValueError(f"there is no `${error.args[0]}`; {_KNOWN}") from None
    except ValueError:
        raise ValueError(f"`$` must be followed by a name, or doubled; {_KNOWN}") from None
    return text


_KNOWN = f"there are {', '.join(f'${name}' for name in FIELDS)}"


class Receiver(Model):
    """As the file has it."""

    name: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
    type: Literal["webhook", "slack"] = "webhook"
    url: Secret | Annotated[str, AfterValidator(_fit_url)]
    token: Secret | None = None  # sent as a bearer token
    tell: tuple[Sort, ...] = SORTS
    template: Annotated[str, AfterValidator(_fit_template)] = TEMPLATE


class Receivers(Model):
    """All of them; no two of one name."""

    receivers: tuple[Receiver, ...]

    @model_validator(mode="after")
    def _named_apart(self) -> Receivers:
        names = [receiver.name for receiver in self.receivers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two receivers are called `{twice[0]}`")
        return self


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver, with what its secrets hold: shown nowhere."""

    receiver: Receiver
    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def read_targets(
    path: Path, environ: Mapping[str, str]
) -> tuple[tuple[Target, ...], tuple[Problem, ...]]:
    """The receivers of a file, or everything that is wrong with it; no line with a URL is shown."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        return (), (_unread(path, error.strerror or "it cannot be read"),)
    if len(data) > LARGEST_BYTES:
        return (), (_unread(path, "it is larger than 1 MiB"),)
    documents, problems = read_documents(str(path), data)
    if len(documents) != 1 or not isinstance(documents[0].body, dict):
        return (), (*_hidden(problems), _unread(path, "it is not one mapping with `receivers:`"))
    read, wrong = part_of(documents[0], Receivers)
    if read is None:
        return (), tuple(_hidden((*problems, *wrong)))
    found = [_target(receiver, path.parent, environ) for receiver in read.receivers]
    return (
        tuple(one for one in found if isinstance(one, Target)),
        tuple(one for one in found if isinstance(one, Problem)),
    )


def _hidden(problems: tuple[Problem, ...]) -> Iterator[Problem]:
    """Without lines that may hold an address, which often is a secret itself."""
    for problem in hide_literals(problems):
        yield replace(problem, excerpt="") if "://" in problem.excerpt else problem


def _target(receiver: Receiver, folder: Path, environ: Mapping[str, str]) -> Target | Problem:
    def look_up(secret: Secret) -> str | Problem:
        found = resolve_secret(secret.secret, folder, environ, (Path("/"),))
        return replace(found, address=receiver.name) if isinstance(found, Problem) else found

    url = look_up(receiver.url) if isinstance(receiver.url, Secret) else receiver.url
    token = look_up(receiver.token) if receiver.token else None
    if isinstance(url, Problem):
        return url
    if isinstance(token, Problem):
        return token
    try:
        return Target(receiver, _fit_url(url.strip()), token)
    except ValueError as error:
        return Problem("error", str(error), "NT102", address=receiver.name)


def _unread(path: Path, why: str) -> Problem:
    hint = "it holds `receivers:`, a list; see docs/guides/monitoring.md"
    return Problem("error", f"{path}: {why}", "NT101", hint=hint)
