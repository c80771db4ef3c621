"""The YAML 1.2 core schema (chapter 10.3): what a plain scalar means. No `yes`, no dates."""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

# Longer ones are no number that an engine keeps, and reading them takes quadratic time.
LONGEST_NUMBER = 400

_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("0123456789+-.")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((s + i for s in ("", "+") for i in (".inf", ".Inf", ".INF")), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}


class HugeNumberError(ValueError):
    """A number has more digits than are read."""


def resolve(text: str) -> Scalar:
    """What the plain scalar `text` means.

    Raises HugeNumberError for a number of more than LONGEST_NUMBER characters.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS or not (number := _number(text)):
        return text
    if len(text) > LONGEST_NUMBER:
        raise HugeNumberError
    if number is float:
        return float(text)
    return int(text, {"o": 8, "x": 16}.get(text[1:2], 10))


def _number(text: str) -> type[int | float] | None:
    if _INT.fullmatch(text) or _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        return int
    return float if _FLOAT.fullmatch(text) else None
