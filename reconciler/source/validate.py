"""One document against the model of its kind: a resource, or every mistake in it with its place.

Codes: SC101 apiVersion, SC102 kind, SC103 name, SC104 unknown field, SC106 kind of a later version,
SC107 wrong value, SC108 missing field, GR102 property type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import ValidationError

from reconciler.model.fields import Model
from reconciler.model.key import DEFAULT_TENANT, Key, is_name
from reconciler.model.kinds import API_VERSION, LATER_KINDS, SPECS, Metadata
from reconciler.model.nearest import did_you_mean
from reconciler.model.problem import Problem
from reconciler.model.resource import Path, Resource
from reconciler.source.document import API_PREFIX, text_at
from reconciler.source.sentences import (
    is_shape,
    shown,
    unknown_field,
    wrong_shape,
    wrong_value,
)
from reconciler.source.yaml import Document

M = TypeVar("M", bound=Model)
FIELDS = ("apiVersion", "kind", "metadata", "spec")


@dataclass(frozen=True, slots=True)
class Validated:
    """`key` as far as it can be told, also of what is not valid: others may refer to it."""

    key: Key | None
    resource: Resource | None
    problems: tuple[Problem, ...]


def validate(document: Document, default_version: str = API_VERSION) -> Validated:
    """Validate one document of ours; without an apiVersion it has `default_version`.

    All mistakes at once; about 0.02 ms for a right one.
    """
    check = _Check(document)
    kind = check.head(default_version)
    metadata = check.part("metadata", Metadata) if kind in SPECS else None
    spec = check.part("spec", SPECS[kind]) if kind in SPECS else None
    key = check.key(kind)
    problems = list(check.problems)
    if key is not None and problems:
        problems = [replace(problem, address=str(key)) for problem in problems]
    problems += document.problems
    if problems or key is None or metadata is None or spec is None:
        return Validated(key, None, tuple(problems))
    resource = Resource(key, metadata, spec, positions=document.positions)  # type: ignore[arg-type]  # the spec of its kind
    return Validated(key, resource, ())


def part_of(document: Document, model: type[M]) -> tuple[M | None, tuple[Problem, ...]]:
    """A document that is no resource, as a model, or every mistake in it with its place."""
    check, found = _Check(document), None
    try:
        found = model.model_validate(document.body, by_alias=True, by_name=False)
    except ValidationError as error:
        check.explain((), document.body, model, error)
    problems = (*check.problems, *document.problems)
    return (None, problems) if problems else (found, ())


class _Check:
    """The mistakes found so far in one document."""

    def __init__(self, document: Document) -> None:
        self.body: Mapping[str, Any] = document.body
        self.positions = document.positions
        self.problems: list[Problem] = []

    def head(self, default_version: str) -> str:
        """Check what stands at the top; the kind, empty where it is not known."""
        body, kind = self.body, self.body.get("kind")
        version = body.get("apiVersion", default_version)
        if version != API_VERSION:
            self.complain(("apiVersion",), *_version(version, kind), "SC101")
            return ""
        for name in body:
            if name not in FIELDS:
                hint = did_you_mean(name, FIELDS)
                self.complain(
                    (name,), f"`{name}` is not a field of a document", hint, "SC104", key=True
                )
        if kind in LATER_KINDS:
            says = f"this version of gsctl does not serve the kind {kind} yet"
            self.complain(
                ("kind",), says, "remove the document, or name it in spec.exclude", "SC106"
            )
        elif not isinstance(kind, str) or kind not in SPECS:
            says = "the document has no kind" if kind is None else f"`{shown(kind)}` is not a kind"
            self.complain(("kind",), says, did_you_mean(str(kind or ""), SPECS), "SC102")
        else:
            return kind
        return ""

    def key(self, kind: str) -> Key | None:
        """The document's key, if its name is one."""
        metadata = self.body.get("metadata")
        if not isinstance(metadata, dict):
            return None
        name, tenant = metadata.get("name"), metadata.get("tenant")
        if tenant is None:
            tenant = DEFAULT_TENANT
        right = True
        for field, value in (("name", name), ("tenant", tenant)):
            if isinstance(value, str) and not is_name(value):
                right = False
                says = f"`{shown(value)}` is not a {field}"
                hint = "letters, digits, `_`, `.` and `-`, up to 63, a letter or digit at both ends"
                self.complain(("metadata", field), says, hint, "SC103")
        if not right or not kind or not isinstance(name, str) or not isinstance(tenant, str):
            return None
        return Key(tenant, kind, name)

    def part(self, field: str, model: type[Model]) -> Model | None:
        """The part of the document below `field`, as its model."""
        if field not in self.body:
            self.complain((), f"`{field}` is missing", f"add `{field}:`", "SC108")
            return None
        try:
            return model.model_validate(self.body[field], by_alias=True, by_name=False)
        except ValidationError as error:
            self.explain((field,), self.body[field], model, error)
            return None

    def explain(self, at: Path, body: Any, model: type[Model], error: ValidationError) -> None:
        """Turn pydantic's errors about `body`, which stands at `at`, into ours, one a value."""
        for path, group in _by_path(body, error.errors(include_url=False)).items():
            if group[0]["type"] == "missing":
                says, hint = f"`{path[-1]}` is missing{_within(path[:-1])}", ""
                self.complain((*at, *path[:-1]), says, hint, "SC108", key=True)
            elif group[0]["type"] == "extra_forbidden":
                says, hint = unknown_field(path, model)
                self.complain((*at, *path), says, hint, "SC104", key=True)
            else:
                value = group[0]["input"]
                if "secret" in path:  # a literal written where a reference belongs
                    value = {}
                special = [error for error in group if not is_shape(error)]
                place = (*at, *path)
                if special:
                    says, hint = wrong_value(place, value, special[0])
                else:
                    says, hint = wrong_shape(place, value, group)
                self.complain(place, says, hint, _code(at, path, group))

    def complain(self, path: Path, says: str, hint: str, code: str, *, key: bool = False) -> None:
        """Note a problem at `path`."""
        problem = Problem("error", says, code, hint=hint)
        self.problems.append(self.positions.problem(path, problem, key=key))


def _version(version: Any, kind: Any) -> tuple[str, str]:
    if isinstance(version, str) and version.startswith(API_PREFIX):
        return f"`{shown(version)}` is not a version that is served", f"write `{API_VERSION}`"
    says = f"{shown(kind)} is one of our kinds, but its apiVersion is `{shown(version)}`"
    return says, f"write `{API_VERSION}`, or name the file in spec.exclude"


def _within(path: Path) -> str:
    return f" in `{text_at(path)}`" if path else ""


def _code(at: Path, path: Path, group: list[Any]) -> str:
    typed = path[-1:] == ("type",) or path[-2:-1] in (("properties",), ("parameters",))
    return "GR102" if at == ("spec",) and typed and group[0]["type"] == "value_error" else "SC107"


def _by_path(body: Any, errors: Iterable[Any]) -> dict[Path, list[Any]]:
    """The errors by the part of the document that they speak of.

    A union has an error for each of its members: those that do not even have the right shape are
    left out where another member was understood further down.
    """
    groups: dict[Path, list[Any]] = {}
    for error in errors:
        loc = error["loc"]
        missing = error["type"] == "missing"
        path = tuple(_written(body, loc[:-1] if missing else loc))
        groups.setdefault((*path, loc[-1]) if missing else path, []).append(error)
    above = {path[:length] for path in groups for length in range(len(path))}
    return {
        path: group
        for path, group in groups.items()
        if path not in above or not all(is_shape(error) for error in group)
    }


def _written(body: Any, loc: Iterable[str | int]) -> Iterator[str | int]:
    """The parts of pydantic's `loc` that stand in the document; others name members of unions."""
    for part in loc:
        if _holds(body, part):
            body = body[part]
            yield part


def _holds(body: Any, part: str | int) -> bool:
    if isinstance(body, dict):
        return part in body
    return isinstance(body, list) and isinstance(part, int) and part < len(body)
