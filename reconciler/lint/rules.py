"""All rules, by their codes."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.lint import changes, clients, loading, losses, names, procedures, serving
from reconciler.lint.rule import Rule

IGNORES = (
    Rule("IG101", "warning", "an ignore without a reason, or with a date that is none"),
    Rule("IG102", "warning", "an ignore of a code that is no rule's"),
    Rule("IG103", "warning", "an ignore whose date has passed"),
    Rule("IG104", "note", "an ignore of nothing"),
)
FAMILIES = (changes, clients, loading, losses, names, procedures, serving)
RULES: Mapping[str, Rule] = {
    rule.code: rule
    for rule in sorted(
        (*IGNORES, *(rule for family in FAMILIES for rule in family.RULES)),
        key=lambda rule: rule.code,
    )
}
