"""`--source`, parsed strictly: a folder, or `URL[//PATH][?ref=REF&tenant=T]`.

What is not known to be harmless is refused: git and ssh read options, commands and other transports
out of words that look like addresses. Code: GI103.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from reconciler.git.trouble import Trouble
from reconciler.model.key import is_name
from reconciler.model.nearest import did_you_mean

SCHEMES = ("file", "https", "ssh")
PARAMETERS = ("ref", "tenant")

_USER = r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?"
_HOST = (
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?"
)
_REST = re.compile(rf"{_USER}{_HOST}(?P<path>/.*)")
_PART = re.compile(r"[A-Za-z0-9_.~+@,=!()][A-Za-z0-9_.~+@,=!()-]*")  # no leading dash
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_REF_PART = re.compile(r"[A-Za-z0-9_+@][A-Za-z0-9_.+@-]*")
_SCP = re.compile(r"[\w.-]+@[\w.-]+:.*")


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository of git somewhere. `url` is as git takes it; `path` has no `.git` at its end."""

    url: str
    scheme: str
    host: str
    port: int | None
    path: str

    @property
    def name(self) -> str:
        """For people: host and path."""
        port = f":{self.port}" if self.port else ""
        return f"{self.host}{port}{self.path}" if self.host else self.path

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a credential is for, with the path."""
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port else "")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a credential is for: a host, or a path on it with all that lies below."""

    scheme: str
    host: str
    port: int | None
    path: str  # empty: all of the host

    def covers(self, remote: Remote) -> bool:
        """Whether a repository lies in it."""
        there = (remote.scheme, remote.host, remote.port)
        below = f"{remote.path}/".startswith(f"{self.path}/")
        return there == (self.scheme, self.host, self.port) and below


@dataclass(frozen=True, slots=True)
class Address:
    """Where documents come from: `remote` None is the folder `folder`.

    `path` lies in the repository, `ref` None is the branch that it says is its own, and documents
    of a source bound to a `tenant` are his.
    """

    text: str
    folder: str = ""
    remote: Remote | None = None
    path: str = ""
    ref: str | None = None
    tenant: str | None = None

    @property
    def is_pinned(self) -> bool:
        """Whether it names one commit for ever."""
        return bool(self.ref and _COMMIT.fullmatch(self.ref))

    @property
    def name(self) -> str:
        """For people, short: `git.example.com/team/graphs//shop@main`."""
        if self.remote is None:
            return self.folder
        ref = f"@{self.ref}" if self.ref else ""
        return f"{self.remote.name}{f'//{self.path}' if self.path else ''}{ref}"


def parse_address(text: str) -> Address:
    """The address that a person wrote. Raises Trouble. Looks at nothing."""
    if not text or not text.isprintable():
        raise _refused(text, "it is empty, or has characters that cannot be shown")
    body, _, query = text.partition("?")
    given = _parameters(text, query)
    tenant = given.get("tenant")
    if tenant is not None and not is_name(tenant):
        raise _refused(text, f"`{tenant}` is not the name of a tenant")
    scheme, there, rest = body.partition("://")
    if not there:
        return _folder(text, body, given)
    if scheme not in SCHEMES:
        hint = f"the schemes are {', '.join(SCHEMES)}"
        raise _refused(text, f"`{scheme}` is no scheme that is followed", hint)
    ref = given.get("ref")
    if ref is not None and not is_ref(ref):
        raise _refused(text, f"`{ref}` is no branch, tag or commit", "such as `main` or `v1.2`")
    remote, path = _remote(text, scheme, rest)
    return Address(text, remote=remote, path=path, ref=ref, tenant=tenant)


def parse_scope(text: str) -> Scope:
    """What configuration names as a part of the world: `https://HOST[:PORT][/PATH]`.

    Raises Trouble.
    """
    scheme, _, rest = text.partition("://")
    rest = rest.rstrip("/")
    whole = "/" not in rest
    remote = parse_address(f"{scheme}://{rest}{'/x' if whole else ''}").remote
    if remote is None or "?" in text or "//" in rest:
        raise _refused(text, "it is no URL")
    return Scope(remote.scheme, remote.host, remote.port, "" if whole else remote.path)


def is_ref(text: str) -> bool:
    """Whether git would take it as the name of a branch or a tag, or it is a whole commit id."""
    parts = text.split("/")
    odd = ".." in text or "@{" in text or text == "@" or len(text) > 255
    return not odd and all(_REF_PART.fullmatch(part) and not part.endswith((".", ".lock"))
                           for part in parts)  # fmt: skip


def is_commit(text: str) -> bool:
    """Whether it is the whole id of a commit."""
    return bool(_COMMIT.fullmatch(text))


def _parameters(text: str, query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise _refused(text, "what follows `?` is not `name=value`") from None
    for name, value in pairs:
        if name not in PARAMETERS:
            raise _refused(text, f"there is no parameter `{name}`", did_you_mean(name, PARAMETERS))
        if not value:
            raise _refused(text, f"`{name}` is empty")
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _refused(text, "a parameter is given twice")
    return found


def _folder(text: str, body: str, given: dict[str, str]) -> Address:
    if "::" in body or _SCP.fullmatch(body):
        raise _refused(text, "it is no folder and no URL", "write `ssh://git@HOST/PATH`")
    if "ref" in given:
        raise _refused(text, "a folder has no `ref`", "to follow git there, write `file:///…`")
    if body.startswith("-"):
        raise _refused(text, "it looks like an option", "write `./-…`")
    return Address(text, folder=body, tenant=given.get("tenant"))


def _remote(text: str, scheme: str, rest: str) -> tuple[Remote, str]:
    if scheme == "file":
        rest = f"localhost{rest}" if rest.startswith("/") else ""
    if not (found := _REST.fullmatch(rest)):
        raise _refused(text, "it has no host or no path, or odd characters in them")
    user, port = found["user"], found["port"]
    if user and scheme != "ssh":
        raise _refused(text, "a URL holds no name and no password",
                       "write them into the file of `--git-access`")  # fmt: skip
    if port and not 0 < int(port) < 1 << 16:
        raise _refused(text, f"{port} is no port")
    whole, _, path = found["path"].partition("//")
    for part in [*whole.split("/")[1:], *(path.split("/") if "//" in found["path"] else ())]:
        if not _is_part(part, escapes=scheme == "https"):
            raise _refused(text, f"`{part}` cannot be a part of a path")
    host = "" if scheme == "file" else found["host"].lower()
    before = f"{user}@{host}" if user else host
    url = f"{scheme}://{before}{f':{port}' if port else ''}{whole}"
    remote = Remote(url, scheme, host, int(port) if port else None, whole.removesuffix(".git"))
    return remote, path


def _is_part(part: str, *, escapes: bool) -> bool:
    plain = _ESCAPED.sub("x", part) if escapes else part
    return bool(_PART.fullmatch(plain)) and plain not in (".", "..") and plain.lower() != ".git"


def _refused(text: str, why: str, hint: str = "") -> Trouble:
    shown = re.sub(r"//[^/@]*@", "//…@", text[:200])  # somebody may have written a password there
    says = f"--source `{shown}`: {why}"
    return Trouble("GI103", "".join(c if c.isprintable() else "?" for c in says), hint)
