"""Writes docs/kinds.md from the models: `make docs`. A test tells when the page is stale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reconciler.model.kinds import LATER_KINDS, SPECS
from reconciler.model.problem import Problem
from reconciler.model.types import SCALARS
from reconciler.source.schemas import Explanation, FieldMeaning, explain

HEAD = """\
# Kinds

*Generated from the models by `make docs`; `gsctl explain KIND.path` says the same in a terminal,
and `gsctl schema` gives JSON Schemas for editors.*

A document has `apiVersion: gsctl.io/v1alpha1` (may be left out outside of gsctl.yaml), `kind`,
`metadata` and `spec`. Any number of documents in a file, in any files of the repository. An unknown
field is an error. `${name}` in a string is a variable; `$${` a literal `${`.
"""
DEEPEST = 4  # levels of fields that are told apart


def render() -> str:
    """The text of the page."""
    parts = [HEAD, "## metadata, of every kind", *_table("Project.metadata")]
    for kind, model in SPECS.items():
        parts += [f"\n## {kind}", model.__doc__ or "", *_table(kind)]
    later = ", ".join(LATER_KINDS)
    parts.append(f"\n{later} are reserved for later versions, and refused until then.")
    parts.append("\n## Types of properties\n\n" + _types())
    return "\n".join(parts) + "\n"


def _types() -> str:
    names = ", ".join(f"`{name}`" for name in SCALARS)
    return (
        f"{names}; `string(n)` holds at most n bytes; `int64[]` is a list.\n"
        "A `string` without a length is a promise about values, not a width: nothing is ever cut.\n"
        "What an engine cannot keep is refused offline, with its line."
    )


def _table(path: str) -> Iterator[str]:
    yield "\n| field | type | default | meaning |\n|---|---|---|---|"
    yield from _rows(path, "", DEEPEST)


def _rows(path: str, before: str, levels: int) -> Iterator[str]:
    found = explain(path)
    if isinstance(found, Problem) or not levels:
        return
    for field in found.fields:
        yield _row(field, before)
        if path == "Graph" and field.name == "load":
            continue  # a section of its own: Load
        yield from _rows(f"{path}.{field.name}", f"{before}{_step(found, field)}", levels - 1)


def _step(found: Explanation, field: FieldMeaning) -> str:
    below = explain(f"{found.path}.{field.name}")
    many = not isinstance(below, Problem) and below.meaning.type.startswith("map of")
    return f"{field.name}.NAME." if many else f"{field.name}."


def _row(field: FieldMeaning, before: str) -> str:
    default = "*required*" if field.required else f"`{field.default}`" if field.default else ""
    kind = field.type.replace("|", "\\|")
    meaning = field.description.replace("|", "\\|")
    return f"| `{before}{field.name}` | {kind} | {default} | {meaning} |"


if __name__ == "__main__":
    Path(__file__).with_name("kinds.md").write_text(render(), "utf-8")
