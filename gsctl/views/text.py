"""Text on a terminal: colour where it is wanted, widths in cells, no control characters."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_CODES = {
    "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34",
    "magenta": "35", "cyan": "36",
}  # fmt: skip
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
        char if char in keep or unicodedata.category(char) not in _CONTROL else _escaped(char)
        for char in text
    )


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    number = ord(char)
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


def count(number: int, what: str, several: str = "") -> str:
    """`1 row`, `63,666 rows`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {several or what + 's'}"


def value(anything: object) -> str:
    """A value of a field on one line, as YAML would show it in short."""
    import json

    if isinstance(anything, str):
        plain = bool(anything) and anything.isprintable() and anything == anything.strip()
        return anything if plain else json.dumps(anything, ensure_ascii=False)
    if isinstance(anything, float | int | bool) or anything is None:
        return json.dumps(anything)
    return json.dumps(anything, ensure_ascii=False, sort_keys=True, default=str)
