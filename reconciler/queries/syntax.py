"""Reads Cypher by the grammar beside this file. Imports lark: only for queries not seen before."""

from __future__ import annotations

from functools import cache

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

from reconciler.model.nearest import nearest
from reconciler.queries.fault import SYNTAX, Fault

Node = Tree[Token]


def parse(text: str) -> Node | Fault:
    """The query's tree, or where it stops being one. About 15 ms for a line of 80 characters."""
    try:
        return _parser().parse(text)
    except UnexpectedToken as error:
        return _unexpected(text, error)
    except UnexpectedCharacters as error:
        return Fault(SYNTAX, f"`{error.char}` cannot stand here", start=error.pos_in_stream)
    except UnexpectedEOF:
        return _ends(text)


@cache
def _parser() -> Lark:
    return Lark.open("cypher.lark", rel_to=__file__, parser="earley", lexer="basic")


def _unexpected(text: str, error: UnexpectedToken) -> Fault:
    token = error.token
    if token.type == "$END":
        return _ends(text)
    keywords = {name for name in error.expected if len(name) > 1 and name.isalpha()}
    meant = nearest(str(token), keywords - {"NAME", "QUOTED", "STRING", "INT", "FLOAT", "STAR"})
    hint = f"did you mean `{meant}`?" if meant and meant != token.upper() else ""
    return Fault(SYNTAX, f"`{token}` cannot stand here", hint, str(token), token.start_pos)


def _ends(text: str) -> Fault:
    if not text.strip():
        return Fault(SYNTAX, "the query is empty", start=0)
    return Fault(SYNTAX, "the query ends before it is complete", start=len(text.rstrip()) - 1)
