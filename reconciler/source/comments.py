"""The comments of a YAML text, told apart from text that merely holds a `#`.

libyaml's scanner says where each token ends; what lies between two of them is blank or a comment.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from yaml import MarkedYAMLError
from yaml._yaml import CParser
from yaml.tokens import (
    BlockEndToken,
    DirectiveToken,
    DocumentEndToken,
    DocumentStartToken,
    ScalarToken,
    StreamEndToken,
    StreamStartToken,
)

_COMMENT = re.compile(r"(?:(?<=\s)|^)#(.*)", re.MULTILINE)
_DOCUMENT = re.compile(r"---(?:[ \t]|$)")
_EMPTY = (StreamStartToken, StreamEndToken, DocumentStartToken, DocumentEndToken, DirectiveToken,
          BlockEndToken)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment without its `#`. Line and column count from 1.

    `lines` are those that it speaks of, first and last: of a comment behind something that line
    and the text that begins there, of one on a line of its own the next line with something on it,
    of one before a document the whole document.
    """

    text: str
    line: int
    column: int
    lines: tuple[int, int]


def comments(lines: Sequence[str]) -> tuple[Comment, ...]:
    """All comments of a file, given its lines, in their order. Never raises.

    Of a document that is no YAML those before the mistake are found.
    """
    found: list[Comment] = []
    first = 0
    while first < len(lines):
        scan = _Scan(lines[first:], first)
        failed = scan.run()
        found += scan.comments()
        if failed is None:
            break
        after = range(max(failed, first + 1), len(lines))
        first = next((n for n in after if _DOCUMENT.match(lines[n])), len(lines))
    return tuple(found)


@dataclass(slots=True)
class _Scan:
    """One run of the scanner; lines count from 0 here, from `first` of the file on."""

    lines: Sequence[str]
    first: int
    seen: list[tuple[int, int, str]] = field(default_factory=list)  # line, column, text
    begins: list[int] = field(default_factory=list)  # of lines with something on them
    ends: dict[int, int] = field(default_factory=dict)  # of texts on several lines
    documents: list[tuple[int, int]] = field(default_factory=list)

    def run(self) -> int | None:
        """Scan to the end, or to the line of the file with a mistake."""
        text = "\n".join(self.lines)
        starts = [0]
        for line in self.lines:
            starts.append(starts[-1] + len(line) + 1)
        parser, end, fresh = CParser(text), 0, True
        try:
            while (token := parser.get_token()) is not None:
                self._between(text, end, token.start_mark.index, starts)
                end = max(end, token.end_mark.index)
                if not isinstance(token, _EMPTY):
                    self._content(token, text, starts, fresh=fresh)
                    fresh = False
                elif isinstance(token, DocumentStartToken | DocumentEndToken):
                    fresh = True
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            return self.first + (mark.line if mark else 0)
        return None

    def _between(self, text: str, begin: int, end: int, starts: Sequence[int]) -> None:
        for match in _COMMENT.finditer(text, begin, end):
            line = bisect_right(starts, match.start()) - 1
            self.seen.append((line, match.start() - starts[line], match[1].strip()))

    def _content(self, token: Any, text: str, starts: Sequence[int], *, fresh: bool) -> None:
        begun, ended = token.start_mark.line, token.end_mark.line
        if ended > begun and token.end_mark.column == 0:
            ended -= 1
        if not self.begins or self.begins[-1] < begun:
            self.begins.append(begun)
        if fresh:
            self.documents.append((begun, ended))
        elif self.documents:
            self.documents[-1] = (self.documents[-1][0], max(self.documents[-1][1], ended))
        if isinstance(token, ScalarToken) and ended > begun:
            self.ends[begun] = ended
            if token.style in {"|", ">"}:  # a comment may stand behind the sign
                head = token.start_mark.index + 1
                self._between(text, head, starts[begun + 1] - 1, starts)

    def comments(self) -> list[Comment]:
        """What was seen, each with the lines that it speaks of."""
        return [
            Comment(text, self.first + line + 1, column + 1, self._meant(line, column))
            for line, column, text in self.seen
        ]

    def _meant(self, line: int, column: int) -> tuple[int, int]:
        if self.lines[line][:column].strip():
            begun, ended = line, self.ends.get(line, line)
        else:
            begun, ended = self._following(line)
        return self.first + begun + 1, self.first + ended + 1

    def _following(self, line: int) -> tuple[int, int]:
        """What comes after a line of its own: a document, a line with its text, or nothing."""
        index = bisect_right(self.begins, line)
        if index == len(self.begins):
            return line, line
        following = self.begins[index]
        document = next((d for d in self.documents if d[0] == following), None)
        return document or (following, self.ends.get(following, following))
