"""Nouns as JSON and back: what a coordinator and a command line of the same version say.

    Key("default", "Graph", "x")   {"$": "Key", "tenant": "default", "kind": "Graph", "name": "x"}
    (1, 2), [1, 2], {Key: 3}       [1, 2], {"$": "list", "of": [1, 2]}, {"$": "map", "of": [[…, 3]]}

Only the nouns listed here are ever made of what comes in, and none of them does anything when it is
made. A field that is shown nowhere (`repr=False`), such as the lines of a document, stays at home.
"""

from __future__ import annotations

import dataclasses
import enum
import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

import reconciler.model
from reconciler.api import Planned
from reconciler.contracts import Written
from reconciler.evidence import Came
from reconciler.holder import Holder
from reconciler.lease import LeaseState
from reconciler.ledger import Made, Run
from reconciler.things import Thing
from reconciler.trials import Trial
from reconciler.why import Nowhere, Story, Subject, Wanted, Why

_OUTSIDE_OF_THE_MODEL = (Planned, Thing, LeaseState, Holder,
                         Story, Subject, Why, Wanted, Came, Nowhere, Run, Made,
                         Trial, Written)  # fmt: skip
LINES = "application/vnd.gsctl.nouns+jsonl"  # a noun a line; an empty one: it still goes on
_TAG = "$"
Noun = TypeVar("Noun")


class NotUnderstood(ValueError):
    """What came in is not what this version says: the other side is of another one."""


def dumped(value: Any) -> bytes:
    """Any value of nouns, as JSON. Raises TypeError for what is none."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode()


def loaded(data: bytes, kind: type[Noun]) -> Noun:
    """The inverse of `dumped`, for a value of that class. Raises NotUnderstood."""
    try:
        found = _made(json.loads(data))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NotUnderstood(str(error)) from error
    if not isinstance(found, kind):
        raise NotUnderstood(f"a {type(found).__name__} came instead of a {kind.__name__}")
    return found


def line(value: Any) -> bytes:
    """`dumped`, and the end of a line."""
    return dumped(value) + b"\n"


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that chunks of bytes come to. Texts break at more than that, within JSON too."""
    begun: list[bytes] = []
    for chunk in chunks:
        first, *more = chunk.split(b"\n")
        begun.append(first)
        for found in more:
            yield b"".join(begun)
            begun = [found]
    if rest := b"".join(begun):
        yield rest


def _plain(value: Any) -> Any:  # noqa: PLR0911  one line a sort of value
    match value:
        case enum.Enum():
            return {_TAG: _known(value), "of": value.value}
        case None | bool() | int() | float() | str():
            return value
        case BaseModel():
            return {_TAG: _known(value), "of": value.model_dump(mode="json", by_alias=True)}
        case datetime():
            return {_TAG: "datetime", "of": value.isoformat()}
        case tuple():
            return [_plain(item) for item in value]
        case list():
            return {_TAG: "list", "of": [_plain(item) for item in value]}
        case frozenset():
            return {_TAG: "set", "of": [_plain(item) for item in sorted(value)]}
        case Mapping():
            return _plain_mapping(value)
    fields = (field for field in dataclasses.fields(value) if field.repr)
    told = {field.name: _plain(getattr(value, field.name)) for field in fields}
    return {_TAG: _known(value), **told}


def _plain_mapping(value: Mapping[Any, Any]) -> Any:
    if all(isinstance(key, str) and not isinstance(key, enum.Enum) for key in value) \
            and _TAG not in value:  # fmt: skip
        return {key: _plain(item) for key, item in value.items()}
    return {_TAG: "map", "of": [[_plain(key), _plain(item)] for key, item in value.items()]}


def _known(value: Any) -> str:
    name = type(value).__name__
    if _nouns().get(name) is not type(value):
        raise TypeError(f"a {name} does not travel")
    return name


def _made(plain: Any) -> Any:  # noqa: PLR0911  one line a sort of value
    if isinstance(plain, list):
        return tuple(_made(item) for item in plain)
    if not isinstance(plain, dict):
        return plain
    if _TAG not in plain:
        return {key: _made(item) for key, item in plain.items()}
    name = plain[_TAG]
    if name in _PARTS:
        return _PARTS[name](plain["of"])
    noun = _nouns()[name]
    if issubclass(noun, BaseModel):
        return noun.model_validate(plain["of"])
    if issubclass(noun, enum.Enum):
        return noun(plain["of"])
    return noun(**{key: _made(item) for key, item in plain.items() if key != _TAG})


_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "list": lambda items: [_made(item) for item in items],
    "set": lambda items: frozenset(_made(item) for item in items),
    "map": lambda pairs: {_made(key): _made(item) for key, item in pairs},
}


@cache
def _nouns() -> Mapping[str, type[Any]]:
    """Those that travel, by name."""
    found: dict[str, type[Any]] = {noun.__name__: noun for noun in _OUTSIDE_OF_THE_MODEL}
    for module in pkgutil.iter_modules(reconciler.model.__path__):
        room = importlib.import_module(f"reconciler.model.{module.name}")
        for noun in vars(room).values():
            if (
                isinstance(noun, type)
                and noun.__module__ == room.__name__
                and (dataclasses.is_dataclass(noun) or issubclass(noun, enum.Enum | BaseModel))
            ):
                assert found.setdefault(noun.__name__, noun) is noun, (
                    "nouns have names of their own"
                )
    return found
