"""Says in a sentence what pydantic found wrong, with the known names as hints."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from reconciler.model.kinds import LATER_FIELDS
from reconciler.model.nearest import did_you_mean, nearest
from reconciler.model.resource import Path
from reconciler.model.types import SCALARS
from reconciler.source.document import text_at
from reconciler.source.scalars import resolve

LONGEST_SHOWN = 40

# What must stand there, by the type of the error; these may come several for one value, one for
# each member of a union.
_SHAPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "model_type": "a mapping",
    "mapping_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "literal_error": "",
}
_EXAMPLES = {"a whole number": "4", "a number": "0.5", "true or false": "true"}


def is_shape(error: Mapping[str, Any]) -> bool:
    """Whether `error` says that a value is of the wrong sort altogether."""
    return error["type"] in _SHAPES


def name_of(path: Path) -> str:
    """The last part of a path that has a name: `files[0]`."""
    start = next((i for i in range(len(path) - 1, -1, -1) if isinstance(path[i], str)), 0)
    return text_at(path[start:])


def wrong_shape(path: Path, value: Any, errors: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """The sentence and the hint for a value that is none of what may stand there."""
    name, wanted, literals = name_of(path), [], []
    for error in errors:
        if error["type"] == "literal_error":
            literals += error["ctx"]["expected"].split("'")[1::2]
        else:
            wanted.append(_SHAPES[error["type"]])
    words = [f"`{literal}`" for literal in literals] + list(dict.fromkeys(wanted))
    says = f"`{name}` must be {_either(words)}, {_instead(value)}"
    return says, _shape_hint(name, value, words, literals)


def _shape_hint(name: str, value: Any, words: list[str], literals: list[str]) -> str:
    if literals:
        return f"did you mean `{near}`?" if (near := nearest(str(value), literals)) else ""
    first = words[0] if words else ""
    if isinstance(value, dict | list) or value is None:
        return ""
    if first == "text":
        return f'quote it: `{name}: "{shown(value)}"`'
    if first == "a list":
        return f"write `{name}: [{shown(value)}]`"
    if first == "a whole number" and str(value).isdecimal():
        return f"remove the quotes: `{name}: {value}`"
    return f"write `{name}: {_EXAMPLES[first]}`" if first in _EXAMPLES else ""


def wrong_value(path: Path, value: Any, error: Mapping[str, Any]) -> tuple[str, str]:
    """The sentence and the hint for a value of the right sort that is not allowed."""
    if error["type"] == "value_error":
        says = str(error["ctx"]["error"])
        return says, _type_hint(value) if "is not a type" in says else ""
    return f"`{name_of(path)}` {_demand(error)}, {_instead(value)}", ""


def _demand(error: Mapping[str, Any]) -> str:  # noqa: PLR0911 -- a table of sentences
    context = error.get("ctx", {})
    match error["type"]:
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "too_short":
            return f"must hold at least {context['min_length']}"
        case "string_too_short":
            return "must have a character at least"
        case "string_too_long":
            return "must be one character"
        case "string_pattern_mismatch" if "/" in context["pattern"]:
            return "must be written `Kind/name`"
        case "string_pattern_mismatch":
            return f"must match {context['pattern']}"
    return str(error["msg"][:1].lower() + error["msg"][1:])


def _type_hint(value: Any) -> str:
    found = nearest(value, SCALARS) if isinstance(value, str) and value.isidentifier() else None
    return f"did you mean `{found}`?" if found else ""


def unknown_field(path: Path, model: Any) -> tuple[str, str]:
    """The sentence and the hint for a field that `model` does not have at `path`."""
    if str(path[-1]) in LATER_FIELDS.get(model.__name__, ()):
        says = f"this version does not serve `{text_at(path)}` yet"
        return says, "leave it out for now"
    known = fields_at(model, path[:-1])
    where = f" of `{text_at(path[:-1])}`" if path[:-1] else ""
    return f"`{path[-1]}` is not a field{where}", did_you_mean(str(path[-1]), known)


def shown(value: Any) -> str:
    """A value as it may stand in a sentence: short, on one line, spelt as in YAML."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _instead(value: Any) -> str:
    if value is None:
        return "and it is empty"
    if isinstance(value, dict | list):
        empty = "" if value else "n empty"
        return f"not a{empty} {'mapping' if isinstance(value, dict) else 'list'}"
    if isinstance(value, str) and _reads_as_other(value):
        return f'not "{value}"'  # it is in quotes in the file
    return f"not `{shown(value)}`"


def _reads_as_other(text: str) -> bool:
    return not text or (len(text) <= LONGEST_SHOWN and not isinstance(resolve(text), str))


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def fields_at(model: Any, path: Path) -> frozenset[str]:
    """The names of the fields that may stand in the mapping at `path` of a `model`."""
    found = list(_expand(model))
    for part in path:
        found = [inner for one in found for inner in _step(one, part)]
    models = [one for one in found if isinstance(one, type) and issubclass(one, BaseModel)]
    return frozenset(f.alias or name for m in models for name, f in m.model_fields.items())


def _expand(annotation: Any) -> Iterator[Any]:
    """The sorts that an annotation allows, one by one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _expand(arguments[0])
    elif origin in (Union, types.UnionType):
        for argument in arguments:
            yield from _expand(argument)
    else:
        yield annotation


def _step(annotation: Any, part: str | int) -> Iterator[Any]:
    """What an annotation allows at `part` of it."""
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple and arguments:
        for one in _expand(arguments[0]):
            # A single item may stand for a list of one.
            yield from [one] if isinstance(part, int) else _step(one, part)
    elif get_origin(annotation) is not None and len(arguments) == 2:
        yield from _expand(arguments[1])
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if (field.alias or name) == part:
                yield from _expand(field.annotation)
