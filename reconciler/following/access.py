"""The file of `--git-access`: what opens which repositories, who may sign in them, who may ring.

A list of entries, each for a host or for a path on it and what lies below; of those that fit a
repository the longest holds, alone. Secrets are references, looked up anew each time.

Code: GI112.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reconciler.git.address import Remote, Scope, parse_scope
from reconciler.git.program import Login
from reconciler.git.trouble import Trouble
from reconciler.model.kinds import Secret, SecretSource
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path as Place
from reconciler.source.files import SourceFile, read_file
from reconciler.source.secrets import SecretText, hide_literals, resolve_secret
from reconciler.source.yaml import Document, read_documents

_FILES = ("key", "knownHosts", "ca", "signers")
_SECRETS = ("password", "webhook")
FIELDS = ("for", "username", *_SECRETS, *_FILES)


@dataclass(frozen=True, slots=True)
class Grant:
    """One entry. Files are absolute."""

    scope: Scope
    username: str
    secrets: Mapping[str, SecretSource]
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Access:
    """All entries; none of them where no file was given."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)
    grants: tuple[Grant, ...] = ()

    def login(self, remote: Remote) -> Login:
        """What opens a repository now. Raises Trouble where a secret cannot be read."""
        grant = self.grant_of(remote)
        if grant is None:
            return Login()
        password = self._secret(grant, "password") or ""
        if not password.isprintable():
            raise Trouble("GI112", f"{remote.name}: its password has a line end or the like in it")
        files = grant.files
        return Login(grant.username, password, files.get("key"), files.get("knownHosts"),
                     files.get("ca"), files.get("signers"))  # fmt: skip

    def webhook(self, remote: Remote) -> SecretText | None:
        """What deliveries about a repository are signed with; None: nobody may ring for it."""
        grant = self.grant_of(remote)
        try:
            return self._secret(grant, "webhook") if grant else None
        except Trouble:  # it cannot be read now
            return None

    def grant_of(self, remote: Remote) -> Grant | None:
        """The entry that holds for a repository."""
        fitting = [grant for grant in self.grants if grant.scope.covers(remote)]
        return max(fitting, key=lambda grant: len(grant.scope.path), default=None)

    def _secret(self, grant: Grant, field: str) -> SecretText | None:
        source = grant.secrets.get(field)
        if source is None:
            return None
        found = resolve_secret(source, self.folder, self.environ, (Path("/"),))
        if isinstance(found, Problem):
            raise Trouble("GI112", f"--git-access: `{field}`: {found.summary}", found.hint)
        if not found:
            raise Trouble("GI112", f"--git-access: the secret of `{field}` is empty")
        return found


def read_access(path: Path, environ: Mapping[str, str]) -> Access | tuple[Problem, ...]:
    """The entries of a file, or all that is wrong with it. No secret is looked up yet."""
    data = read_file(SourceFile(str(path), path))
    if isinstance(data, Problem):
        return (data,)
    documents, problems = read_documents(str(path), data)
    problems += tuple(p for document in documents for p in document.problems)
    if problems:
        return tuple(hide_literals(problems))
    reading = _Reading(path.absolute().parent)
    grants = tuple(grant for document in documents for grant in reading.grants(document))
    if reading.problems:
        return tuple(reading.problems)
    return Access(path.absolute().parent, environ, grants)


class _Reading:
    """The entries, and what is wrong with them. No value is shown: it may be a secret."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.document: Document | None = None

    def grants(self, document: Document) -> Iterator[Grant]:
        """Those of a document."""
        self.document = document
        if not isinstance(document.body, list):
            self._complain((), "a list of entries is wanted", "begin each with `- for: https://…`")
            return
        for index, entry in enumerate(document.body):
            if not isinstance(entry, dict):
                self._complain((index,), "an entry has fields", f"such as {', '.join(FIELDS)}")
            elif (grant := self._grant(index, entry)) is not None:
                yield grant

    def _grant(self, index: int, entry: Mapping[str, Any]) -> Grant | None:
        before = len(self.problems)
        for name in entry:
            if name not in FIELDS:
                hint = did_you_mean(name, FIELDS)
                self._complain((index, name), f"there is no field `{name}`", hint, key=True)
        scope = self._scope(index, entry)
        texts = {n: entry[n] for n in ("username", *_FILES) if n in entry}
        for name, value in texts.items():
            if not isinstance(value, str) or not value.isprintable() or not value:
                self._complain((index, name), f"`{name}` must be a text", "")
        secrets = {n: self._secret(index, n, entry[n]) for n in _SECRETS if n in entry}
        if scope is None or len(self.problems) > before:
            return None
        files = {n: self.folder / Path(v).expanduser() for n, v in texts.items() if n in _FILES}
        known = {name: source for name, source in secrets.items() if source}
        return Grant(scope, texts.get("username", "git"), known, files)

    def _scope(self, index: int, entry: Mapping[str, Any]) -> Scope | None:
        try:
            return parse_scope(str(entry.get("for", "")))
        except Trouble as trouble:
            place: Place = (index, "for") if "for" in entry else (index,)
            hint = trouble.problem.hint or "such as https://git.example.com/team/"
            self._complain(place, "`for` must be a URL without names and passwords in it", hint)
            return None

    def _secret(self, index: int, name: str, value: Any) -> SecretSource | None:
        try:
            return Secret.model_validate(value).secret
        except ValidationError:
            self._complain((index, name), f"`{name}` must be a reference to a secret",
                           "`{secret: {env: NAME}}` or `{secret: {file: PATH}}`")  # fmt: skip
            return None

    def _complain(self, place: Place, says: str, hint: str, *, key: bool = False) -> None:
        assert self.document
        at = self.document.positions.at(place, key=key)
        self.problems.append(Problem("error", f"--git-access: {says}", "GI112", at, hint))
