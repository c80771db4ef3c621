"""Advice on documents and on changes: rules with stable codes, places, and a page each.

One answer for the command line, for CI, for plans and for editors. Pure, but for the comments that
are looked for in the text of the documents.
"""

from reconciler.lint.deep import read_rows
from reconciler.lint.judge import Past, Question, change_findings, lint, unignored
from reconciler.lint.page import page_of
from reconciler.lint.rule import Needs, Rule
from reconciler.lint.rules import RULES
from reconciler.lint.subject import subjects

__all__ = [
    "RULES",
    "Needs",
    "Past",
    "Question",
    "Rule",
    "change_findings",
    "lint",
    "page_of",
    "read_rows",
    "subjects",
    "unignored",
]
