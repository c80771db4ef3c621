"""Writes docs/lint: a page for each rule of the linter, and their list. `make docs` runs it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.lint import RULES, page_of
from reconciler.lint.page import index

FOLDER = Path(__file__).parent / "lint"


def render() -> Mapping[str, str]:
    """The text of each page, by the name of its file."""
    pages = {f"{rule.code}.md": page_of(rule) for rule in RULES.values()}
    return {**pages, "README.md": index(RULES.values())}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in render().items():
        (FOLDER / name).write_text(text, "utf-8")
