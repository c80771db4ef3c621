"""The order of keys, taken from the kinds: as their models have it, then what they do not know.

Names that people chose (types, properties, variables, labels) keep the order they were given.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from reconciler.model.kinds import SPECS, Metadata
from reconciler.writing.nodes import Collection, Entry, Node, Page, Scalar, anchored

_TOP = ("apiVersion", "kind", "metadata", "spec")


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value is made of: fields of their own shapes, or many values of the shape `each`."""

    fields: Mapping[str, Shape] = field(default_factory=dict)
    each: Shape | None = None


_LEAF = Shape()


def in_order(page: Page) -> None:
    """Bring a document's keys into order, in place. One with anchors keeps the order it has."""
    root = page.root
    if not isinstance(root, Collection) or anchored(root):
        return
    kind = next((e.value.text for e in root.entries if e.key and e.key.text == "kind"
                 and isinstance(e.value, Scalar)), "")  # fmt: skip
    _arrange(root, _document(kind))


@cache
def _document(kind: str) -> Shape:
    spec = _of_model(SPECS[kind]) if kind in SPECS else _LEAF
    shapes = {"metadata": _of_model(Metadata), "spec": spec}
    return Shape({name: shapes.get(name, _LEAF) for name in _TOP})


def _arrange(node: Node, shape: Shape) -> None:
    if not isinstance(node, Collection):
        return
    if node.sort == "list":
        for entry in node.entries:
            _arrange(entry.value, shape.each or _LEAF)
        return
    if shape.each and shape.each.fields and _is_one(node, shape.each):
        shape = shape.each  # one thing, where a list of them may stand
    places = {name: number for number, name in enumerate(shape.fields)}
    node.entries.sort(key=lambda entry: places.get(_name(entry), len(places)))
    for entry in node.entries:
        _arrange(entry.value, shape.fields.get(_name(entry)) or shape.each or _LEAF)


def _is_one(node: Collection, each: Shape) -> bool:
    return all(_name(entry) in each.fields for entry in node.entries)


def _name(entry: Entry) -> str:
    return entry.key.text if entry.key else ""


def _of_model(model: type[BaseModel]) -> Shape:
    fields = model.model_fields
    own = [name for name in model.__annotations__ if name in fields]  # before what it inherits
    ordered = dict.fromkeys((*own, *fields))
    return Shape({fields[n].alias or n: _of(fields[n].annotation) for n in ordered})


def _of(annotation: Any) -> Shape:
    origin, inner = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _of_model(annotation)
    if origin is Annotated:
        return _of(inner[0])
    if origin in (Union, types.UnionType):
        shapes = [_of(one) for one in inner]
        each = next((shape.each for shape in shapes if shape.each), None)
        return Shape({k: v for shape in shapes for k, v in shape.fields.items()}, each)
    if origin is tuple:
        return Shape(each=_of(inner[0]))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return Shape(each=_of(inner[1]))
    return _LEAF
