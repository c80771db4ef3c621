"""Text on a terminal: colour where it is wanted, widths in cells, no control characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_CODES = {
    "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34",
    "magenta": "35", "cyan": "36",
}  # fmt: skip
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_CONTROL = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours text, or leaves it as it is."""

    on: bool = False

    def __call__(self, text: str, *styles: str) -> str:
        """`text` in the styles, such as `bold` and `red`."""
        if not self.on or not styles:
            return text
        codes = ";".join(_CODES[style] for style in styles)
        return f"\x1b[{codes}m{text}\x1b[0m"


def safe(text: str, *, keep: str = "") -> str:
    r"""`text` with control characters written out (`\x1b`): it may come from anybody.

    Those in `keep` stay. Marks that turn the direction of writing are written out too.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        _escaped(char) if char not in keep and (unicodedata.category(char) in _CONTROL
                                                or _is_none(char)) else char
        for char in text
    )  # fmt: skip


def _is_none(char: str) -> bool:
    """Whether it is one of the 66 code points that never are a character: nothing shows them."""
    number = ord(char)
    return number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    number = ord(char)
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


def cells(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    return sum(_cell(char) for char in text)


def _cell(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pad(text: str, width: int) -> str:
    """`text` with spaces behind it, up to `width` columns."""
    return text + " " * max(0, width - cells(text))


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns; what was cut is told by `…`."""
    if cells(text) <= width:
        return text
    kept, used = "", 0
    for char in text:
        used += _cell(char)
        if used > width - 1:
            break
        kept += char
    return f"{kept}…"


def wrapped(line: str, width: int | None, hang: int) -> str:
    """`line` broken at blanks into lines of `width` columns; those that follow hang by `hang`.

    A longer word stays whole: an address, or a path, is to be copied. Colours take no room.
    """
    if width is None or cells(_COLOUR.sub("", line)) <= width:
        return line
    lead, *words = re.split(r"(?<=\S) ", line)
    lines, used = [lead], cells(_COLOUR.sub("", lead))
    for word in words:
        long = cells(_COLOUR.sub("", word))
        if used + 1 + long > width:
            lines.append(" " * hang + word.lstrip())
            used = hang + long
        else:
            lines[-1] += f" {word}"
            used += 1 + long
    return "\n".join(lines)


def value(anything: object) -> str:
    """A value of a field on one line, as YAML would show it in short."""
    import json

    if isinstance(anything, str):
        plain = bool(anything) and anything.isprintable() and anything == anything.strip()
        return anything if plain else json.dumps(anything, ensure_ascii=False)
    if isinstance(anything, float | int | bool) or anything is None:
        return json.dumps(anything)
    return json.dumps(anything, ensure_ascii=False, sort_keys=True, default=str)
