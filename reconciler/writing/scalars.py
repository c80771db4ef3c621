"""How a scalar is spelled: plain where every reader of YAML takes it for the same text."""

from __future__ import annotations

import re

from reconciler.source.scalars import LONGEST_NUMBER, resolve

# What older YAML reads as a truth, a number, a date or a merge is quoted, for other tools.
_OLD_WORDS = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "=", "<<", "~")
)
_OLD_NUMBER = re.compile(
    r"[-+]?\.?[0-9][0-9_.:,eE+-]*|[-+]?0[xob].*|[-+]?\.(inf|nan)", re.IGNORECASE
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?")
_FIRST = frozenset("-?:,[]{}#&*!|>'\"%@` \t")
_FLOW = frozenset(",[]{}:?")
_UNPRINTABLE = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def spelled(text: str, *, flow: bool = False) -> str:
    """A text on one line: plain, or between quotes."""
    if _is_plain(text, flow=flow):
        return text
    if ('"' in text or "\\" in text) and not _UNPRINTABLE.search(text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + re.sub(r'[\\"]|' + _UNPRINTABLE.pattern, _escaped, text) + '"'


def canonical(text: str) -> str:
    """The spelling of what is no text: one for each truth and for nothing, numbers as they are."""
    value = resolve(text)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return text


def is_text(text: str) -> bool:
    """Whether the plain scalar `text` is text."""
    return isinstance(resolve(text), str)


def literal(text: str) -> tuple[str, list[str]] | None:
    """A text of several lines as a block: its header and lines; None where it is none."""
    lines = text.split("\n")
    if len(lines) < 2 or not text.strip() or _UNPRINTABLE.search(text.replace("\n", "")):
        return None
    if any(line and not line.strip() for line in lines):
        return None
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    chomping = {0: "-", 1: ""}.get(ends, "+")
    first = next(line for line in lines if line)
    indentation = "2" if first.startswith(" ") else ""
    return f"|{indentation}{chomping}", body.split("\n") + [""] * (ends - 1)


def _is_plain(text: str, *, flow: bool) -> bool:
    if not text or text != text.strip() or text[0] in _FIRST or len(text) > LONGEST_NUMBER:
        return False
    if text.lower() in _OLD_WORDS or _OLD_NUMBER.fullmatch(text) or _DATE.fullmatch(text):
        return False
    if ": " in text or " #" in text or text.endswith(":") or text.startswith(("---", "...")):
        return False
    if flow and _FLOW & set(text):
        return False
    return not _UNPRINTABLE.search(text) and is_text(text)


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    if character in _ESCAPES:
        return _ESCAPES[character]
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
