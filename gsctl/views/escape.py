"""Text from anybody, made harmless in Markdown, Mermaid and DOT: it is shown, and never obeyed."""

from __future__ import annotations

import re

from gsctl.views.text import safe

_PLAIN = re.compile(r"[^A-Za-z0-9 ,()=/+-]")
_LINK = re.compile(r"(www)\.", re.IGNORECASE)
_REFERS = re.compile(r"([@#!~%$^&:])(?=\w)")
_MARKS = re.compile(r"""[&<>"'`|*_\[\]\\~{}$]""")
_LABEL = re.compile(r"[^A-Za-z0-9 .,/()+=>_-]")
_APART = "\u200b"  # nobody sees it, and no mention or reference goes across it


def code(text: str) -> str:
    """A name or value in Markdown: in a code element, where mentions and references are dead."""
    shown = _PLAIN.sub(lambda match: match[0] if match[0] == "." else _entity(match), safe(text))
    return "<code>" + _LINK.sub(r"\1&#46;", shown) + "</code>"


def prose(text: str) -> str:
    """A sentence in Markdown: no markup, no HTML, no mention, no reference, no link."""
    apart = _REFERS.sub(rf"\1{_APART}", _LINK.sub(rf"\1{_APART}.", safe(text)))
    return _MARKS.sub(_entity, apart).replace("://", f":{_APART}//")


def fenced(text: str, language: str) -> str:
    """A block of code in Markdown, with a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def mermaid(text: str) -> str:
    """Text between double quotes in Mermaid, every odd character by its number."""
    return _LABEL.sub(lambda match: f"#{ord(match[0])};", safe(text))


def dot(text: str) -> str:
    """A quoted string of DOT, in which nothing is an escape."""
    inner = safe(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{inner}"'


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"
