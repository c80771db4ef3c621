"""Secrets: found as references in documents, looked up only when something is applied.

A value is returned to its user and kept nowhere; no error holds one.

Codes: SE101 not set, SE102 no file, SE103 not served here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from reconciler.model.kinds import Secret, SecretSource
from reconciler.model.problem import Problem
from reconciler.model.resource import Path
from reconciler.source.containment import contained

LONGEST_BYTES = 1 << 20

# `secret:` and anything but the beginning of one of the references.
_LITERAL = re.compile(r"""secret["']?\s*:(?!\s*(?:$|\{\s*(?:env|file|kubernetes)\s*:))""")


class SecretText(str):
    """A secret's value: a string that shows itself only where it is used as one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "SecretText(***)"


def resolve_secret(
    source: SecretSource,
    root: FilePath,
    environ: Mapping[str, str],
    allowed: Iterable[FilePath] = (),
) -> SecretText | Problem:
    """The value behind a reference.

    A file is looked for from `root`, and lies below it or below one of `allowed`; its last line end
    is cut. Reads at most one file of 1 MiB. Kubernetes references are not served by this version.
    """
    if source.env is not None:
        value = environ.get(source.env)
        if value is None:
            return Problem("error", f"the secret's variable {source.env} is not set", "SE101",
                           hint=f"export {source.env}")  # fmt: skip
        return SecretText(value)
    if source.file is not None:
        return _from_file(source.file, root, allowed)
    return Problem("error", "secrets of Kubernetes are not served by this version", "SE103",
                   hint="name env or file")  # fmt: skip


def _from_file(name: str, root: FilePath, allowed: Iterable[FilePath]) -> SecretText | Problem:
    path = contained(name, root, (root, *allowed))
    if path is None:
        says = f"the secret's file {name} does not lie in the repository"
        return Problem("error", says, "SE102", hint="name env, or a file in the repository")
    try:
        with open(path, "rb") as file:
            data = file.read(LONGEST_BYTES + 1)
        if len(data) > LONGEST_BYTES:
            return Problem("error", f"the secret's file {name} is larger than 1 MiB", "SE102")
        return SecretText(data.decode("utf-8").removesuffix("\n").removesuffix("\r"))
    except OSError as error:
        says = f"the secret's file {name} cannot be read: {error.strerror}"
        return Problem("error", says, "SE102")
    except UnicodeDecodeError:
        # The error itself would carry the bytes.
        return Problem("error", f"the secret's file {name} is not UTF-8", "SE102")


def hide_literals(problems: Iterable[Problem]) -> Iterator[Problem]:
    """`problems` without the lines in which a value may stand in the place of a reference."""
    for problem in problems:
        yield replace(problem, excerpt="") if _LITERAL.search(problem.excerpt) else problem


def find_secrets(value: Any, path: Path = ()) -> Iterator[tuple[Path, SecretSource]]:
    """Every reference `{secret: …}` in a plain value, in the order of the document."""
    if isinstance(value, dict):
        if set(value) == {"secret"} and (source := _source(value)):
            yield path, source
            return
        for key, item in value.items():
            yield from find_secrets(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from find_secrets(item, (*path, index))


def _source(value: Mapping[str, Any]) -> SecretSource | None:
    try:
        return Secret.model_validate(value).secret
    except ValidationError:
        return None
