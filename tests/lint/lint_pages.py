"""The pages of the rules as repositories: what stands before, what is bad, what is good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from reconciler.engines.neug import TRAITS as NEUG
from reconciler.lint import RULES, Needs, Past, Question, Rule, lint, page_of, read_rows, subjects
from reconciler.lint.page import FRAME
from reconciler.loads.digest import DigestCache
from reconciler.loads.resolve import resolve_load
from reconciler.model.problem import Problem
from reconciler.model.resource import Desired
from reconciler.model.traits import Names, Traits
from reconciler.queries import QueryCache, check_queries
from reconciler.source.directory import ReadRequest, read_directory

TODAY = date(2026, 1, 31)
# Beside NeuG as a graph may be moved to: an engine whose names begin with a letter.
PLAIN = Traits("plain", ("1",), ("embedded",), NEUG.property_types, NEUG.key_types,
               names=Names(r"[A-Za-z][A-Za-z0-9_]*"))  # fmt: skip
TRAITS = {"neug": NEUG, "plain": PLAIN}
_BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Page:
    """The examples of a page, and the codes that its bad one meets."""

    rule: Rule
    before: Mapping[str, str]
    bad: Mapping[str, str]
    good: Mapping[str, str]
    codes: frozenset[str]

    @property
    def deep(self) -> bool:
        """Whether rows must be read for it."""
        return self.rule.needs is Needs.DATA


def page(rule: Rule) -> Page:
    parts = re.split(r"^## (.+)$", page_of(rule), flags=re.MULTILINE)
    named = dict(zip(parts[1::2], parts[2::2], strict=True))
    beside = re.search(r"^Beside it: (.+)\.$", named["Bad"], re.MULTILINE)
    codes = {rule.code, *(beside[1].split(", ") if beside else ())}
    blocks = {name: dict(_BLOCK.findall(named.get(name, ""))) for name in ("Before", "Bad", "Good")}
    return Page(rule, blocks["Before"], blocks["Bad"], blocks["Good"], frozenset(codes))


PAGES = [page(rule) for rule in RULES.values()]


def write(folder: Path, files: Mapping[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**FRAME, **files}.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def read(folder: Path) -> Desired:
    cache = DigestCache(folder / "cache")
    found = read_directory(
        ReadRequest(folder, resolve_load=lambda *given: resolve_load(*given[:5], cache)), TRAITS
    )
    faults = check_queries(found, {}, TRAITS, QueryCache(folder / "cache"))
    return Desired(found.project, found.resources, found.loads, (*found.problems, *faults))


def judged(folder: Path, before: Path | None = None, *, deep: bool = False) -> tuple[Problem, ...]:
    past = Past.of_documents(read(before), TRAITS) if before else None
    found = read(folder)
    rows = read_rows(subjects(found, TRAITS).values(), found.loads.values()) if deep else None
    return lint(Question(found, TRAITS, TODAY, past, rows))


def said(problems: tuple[Problem, ...]) -> list[str]:
    return [f"{p.code} {p.at or '-'} {p.severity}: {p.summary}" for p in problems]
