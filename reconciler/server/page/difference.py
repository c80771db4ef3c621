"""What is declared against what lives, line by line, as YAML shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

import yaml

Sign = Literal[" ", "+", "-"]
_AROUND = 3  # lines that are shown before and after what differs
_SHORT = 6  # so few lines are not folded away
_LONG = 16  # so many lines are, where none of them differs


@dataclass(frozen=True, slots=True)
class Line:
    """One line: in both, declared only (`+`), or live only (`-`)."""

    sign: Sign
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Lines that belong together; `folded` where they are the same far from any difference."""

    lines: tuple[Line, ...]
    folded: bool = False


def stretches(
    declared: Mapping[str, Any] | None, live: Mapping[str, Any] | None
) -> tuple[Stretch, ...]:
    """Both sides as one text. A side that is None has no line at all."""
    new = _text(declared)
    old = _text(_ordered(live, declared) if declared and live else live)
    return tuple(_folded(list(_compared(old, new))))


def differs(found: tuple[Stretch, ...]) -> bool:
    """Whether any line is in one side alone."""
    return any(line.sign != " " for stretch in found for line in stretch.lines)


def _compared(old: list[str], new: list[str]) -> Iterator[Line]:
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for word, a, b, c, d in blocks:
        if word == "equal":
            yield from (Line(" ", text) for text in old[a:b])
            continue
        yield from (Line("-", text) for text in old[a:b])
        yield from (Line("+", text) for text in new[c:d])


def _folded(lines: list[Line]) -> Iterator[Stretch]:
    """Where nothing differs, all of it is shown if it is short."""
    changed = [number for number, line in enumerate(lines) if line.sign != " "]
    if not changed:
        if lines:
            yield Stretch(tuple(lines), len(lines) > _LONG)
        return
    near = {n for at in changed for n in range(at - _AROUND, at + _AROUND + 1)}
    begun = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or (number in near) != (begun in near):
            found = tuple(lines[begun:number])
            yield Stretch(found, begun not in near and len(found) > _SHORT)
            begun = number


def _text(side: Mapping[str, Any] | None) -> list[str]:
    if side is None:
        return []
    plain = json.loads(json.dumps(side, default=str))  # YAML's writer knows dicts and lists only
    told = _pruned(plain)
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=1 << 20)
    return text.splitlines() if told else []


def _pruned(node: Any) -> Any:
    """Without what says nothing."""
    if not isinstance(node, dict):
        return [_pruned(item) for item in node] if isinstance(node, list) else node
    inner = {name: _pruned(item) for name, item in node.items()}
    return {name: item for name, item in inner.items() if item not in (None, "", {}, [])}


def _ordered(side: Any, like: Any) -> Any:
    """`side` with its keys in the order in which `like` has them."""
    if not isinstance(side, Mapping) or not isinstance(like, Mapping):
        return side
    names = [*(name for name in like if name in side), *(n for n in side if n not in like)]
    return {name: _ordered(side[name], like.get(name)) for name in names}
