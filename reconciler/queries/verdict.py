"""The faults of one query: the grammar's and the engine's words as one list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from reconciler.model.catalog import Catalog
from reconciler.queries.fault import (
    EDGE,
    LABEL,
    PARAMETER,
    PROPERTY,
    REFUSED,
    SYNTAX,
    WRITES,
    Fault,
)
from reconciler.queries.schema import misfits
from reconciler.queries.syntax import parse
from reconciler.queries.uses import Use, uses
from reconciler.queries.words import Word, words

# Statements of the engines that are no queries, and that the grammar does not know.
_STATEMENTS = frozenset(
    {"ALTER", "ATTACH", "BEGIN", "CHECKPOINT", "COMMENT", "COMMIT", "COPY", "DROP", "EXPORT",
     "IMPORT", "INSTALL", "ROLLBACK", "UNINSTALL", "USE"}
)  # fmt: skip
_WRITING = frozenset({"CREATE", "MERGE", "SET", "DELETE", "REMOVE"})
# Words of an engine's sentences which are not meant where they also name something in a query.
_SMALL_WORDS = frozenset({"a", "an", "as", "for", "in", "input", "is", "not", "of", "the", "to"})
_SCHEMA_CODES = frozenset({LABEL, EDGE, PROPERTY})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine `engine` said of a query: nothing, when it accepts it."""

    engine: str
    says: str = ""


def judge(
    text: str, catalog: Catalog, parameters: Mapping[str, str], answer: Answer | None
) -> tuple[Fault, ...]:
    """All faults of a query, by their place. Without an `answer` the grammar judges alone.

    What the engine accepts, fits: then only what it is not asked about is left, parameters and
    whether the query writes.
    """
    accepted = answer is not None and not answer.says
    tokens = list(words(text))
    if accepted and not any(word.sort in _WRITING for word in tokens):  # be it as a name
        found = [*misfits(_loose_uses(tokens), catalog, parameters)]  # 20 times faster than a tree
    else:
        found = _found(text, catalog, parameters)
    if accepted:
        found = [f for f in found if f.code in {PARAMETER, WRITES}]
    elif answer is not None and not _explained(answer, found):
        found.append(_refusal(text, answer, catalog))
    return tuple(sorted(found, key=lambda f: (f.start is None, f.start or 0, f.code)))


def _found(text: str, catalog: Catalog, parameters: Mapping[str, str]) -> list[Fault]:
    """What the grammar and the declared names tell."""
    tree = parse(text)
    if not isinstance(tree, Fault):
        try:
            return [*misfits(uses(tree), catalog, parameters)]
        except RecursionError:
            tree = Fault(SYNTAX, "the query is nested too deeply")
    found = [*misfits(_loose_uses(list(words(text))), catalog, parameters)]
    return found if any(f.code == WRITES for f in found) else [*found, tree]


def _explained(answer: Answer, found: Sequence[Fault]) -> bool:
    """Whether one of `found` is what the engine speaks of."""
    said = set(_names_in(answer.says))
    schema = any(f.code in _SCHEMA_CODES and f.name.casefold() in said for f in found)
    return schema or any(f.code == SYNTAX or f.name in _STATEMENTS for f in found)


def _refusal(text: str, answer: Answer, catalog: Catalog) -> Fault:
    """The engine's words as a fault, at the name that they speak of where there is one."""
    says = _plain_words(answer.says)
    fault = Fault(REFUSED, f"{answer.engine} refuses the query: {says}")
    if "parser exception" in says.casefold():
        return replace(fault, code=SYNTAX, start=_quoted_place(text, says))
    tokens = list(words(text))
    said = set(_names_in(says)) - _SMALL_WORDS - _declared(catalog)
    for before, word in zip([None, *tokens], tokens, strict=False):
        if word.sort in {"NAME", "QUOTED"} and word.name.casefold() in said:
            code = REFUSED if before and before.text == "$" else _code_after(before, tokens, word)
            return replace(fault, code=code, name=word.name, start=word.start)
    repeated = says.rpartition(": ")[2].strip()
    place = text.find(repeated) if len(repeated) > 1 else -1
    return replace(fault, start=place) if place >= 0 else fault


def _declared(catalog: Catalog) -> frozenset[str]:
    types = [name for name, _ in catalog.types()]
    properties = [name for type_ in types for name in catalog.properties(type_)]
    return frozenset(name.casefold() for name in (*types, *properties))


def _code_after(before: Word | None, tokens: Sequence[Word], word: Word) -> str:
    """The code for a name, by the sign before it."""
    if before is None or before.text not in {".", ":", "|"}:
        return REFUSED
    if before.text == ".":
        return PROPERTY
    opened = [t.text for t in tokens if t.start < word.start and t.text in {"(", "["}]
    return EDGE if opened[-1:] == ["["] else LABEL


def _plain_words(says: str) -> str:
    """The engine's words without its error's name and without places that we do not show."""
    head, colon, rest = says.partition(": ")
    if colon and head.isupper() and "_" in head:
        says = rest
    return says.partition(" (line: ")[0]


def _quoted_place(text: str, says: str) -> int | None:
    """Where the part of the query ends that the engine repeats: `Invalid input <MATCH …>`."""
    quoted = says.partition("<")[2].rpartition(">")[0]
    place = text.find(quoted) if quoted else -1
    if place < 0:
        return None
    inside = [word.start for word in words(text) if word.start < place + len(quoted)]
    return inside[-1] if inside else place


def _names_in(says: str) -> list[str]:
    """The words of a message, without the signs around them and without case."""
    return [word.strip("`'\"<>()[]{}.,:;").casefold() for word in says.split()]


def _loose_uses(tokens: Sequence[Word]) -> list[Use]:
    """The parameters of a text without a tree, and whether it is another statement than a query."""
    found = [
        Use("parameter", word.name, word.start)
        for sign, word in pairwise(tokens)
        if sign.text == "$"
    ]
    if tokens and tokens[0].text.upper() in _STATEMENTS:
        found.append(Use("write", tokens[0].text.upper(), tokens[0].start))
    return found
