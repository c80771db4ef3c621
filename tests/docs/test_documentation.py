"""The pages say what the program does: codes, exit codes, kinds, links."""

from __future__ import annotations

import ast
import re
import runpy
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CODE = re.compile(r"[A-Z]{2,3}[0-9]{3}")
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("examples/*/*.md")])


def codes_of_the_program() -> Iterator[str]:
    for folder in ("gsctl", "reconciler"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield from [node.value] if CODE.fullmatch(node.value) else ()


def documented_codes() -> list[str]:
    return re.findall(
        r"^\| ([A-Z]{2,3}\d{3}) \|", (DOCS / "errors.md").read_text("utf-8"), re.MULTILINE
    )


def test_every_problem_code_is_documented_and_no_other() -> None:
    assert sorted(documented_codes()) == sorted(set(codes_of_the_program()))


def test_the_frozen_exit_codes_are_those_of_the_program() -> None:
    from gsctl.exits import Exit

    text = (DOCS / "exit-codes.md").read_text("utf-8")
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == [
        int(e) for e in Exit
    ]


def test_the_page_of_the_kinds_is_what_the_models_say() -> None:
    written = runpy.run_path(str(DOCS / "write_kinds.py"))["render"]()
    fresh = "docs/kinds.md is stale: `make docs` writes it"
    assert (DOCS / "kinds.md").read_text("utf-8") == written, fresh


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    here = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in here if not (page.parent / link).exists()] == []


def test_pages_that_the_code_points_to_are_there() -> None:
    named = {
        page
        for folder in ("gsctl", "reconciler")
        for path in (ROOT / folder).rglob("*.py")
        for page in re.findall(r"docs/[\w/-]+\.md", path.read_text("utf-8"))
    }
    assert named
    assert [page for page in sorted(named) if not (ROOT / page).exists()] == []


def test_every_room_of_the_code_has_a_paragraph_in_the_tour() -> None:
    tour = (DOCS / "tour.md").read_text("utf-8")
    rooms = {
        f"{part.relative_to(ROOT)}".removesuffix(".py")
        for part in (ROOT / "reconciler").iterdir()
        if (part.is_dir() and (part / "__init__.py").exists())
        or (part.suffix == ".py" and part.stem != "__init__")
    }
    named = {word.strip("/").removesuffix(".py") for word in re.findall(r"`([a-z_/.]+)`", tour)}
    assert sorted(rooms - named - {name for name in rooms if name.split("/")[1] in named}) == []


def test_the_tour_goes_through_the_rooms_as_they_stand_on_one_another() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = config["tool"]["importlinter"]["contracts"][0]["layers"]
    depth = {
        room.removeprefix("reconciler."): at
        for at, layer in enumerate(layers)
        for room in layer.split(" | ")
    }
    tour = (DOCS / "tour.md").read_text("utf-8")
    told = re.findall(r"\*\*`(?:reconciler/)?([a-z]+)/?`\*\*", tour)
    assert sorted(told) == sorted(depth)
    assert [depth[room] for room in told] == sorted(depth.values())


def test_decisions_are_numbered_without_a_gap_and_listed_by_their_titles() -> None:
    folder = DOCS / "decisions"
    pages = sorted(folder.glob("[0-9]*.md"))
    titles = [page.read_text("utf-8").splitlines()[0] for page in pages]
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    listed = re.findall(
        r"^- \[(.+)\]\((.+)\)", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert [name for _, name in listed] == [page.name for page in pages]
    assert titles == [f"# {number}. {title}" for number, (title, _) in enumerate(listed, 1)]


def test_every_attack_and_fault_names_tests_that_there_are() -> None:
    page = (DOCS / "attacks-and-faults.md").read_text("utf-8")
    there = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    met, _, _ = page.partition("## Not met")
    items = re.split(r"^- ", met, flags=re.MULTILINE)[1:]
    assert len(items) > 40
    for item in items:
        named = re.findall(r"`(test_\w+)`", item)
        assert named, f"tried by nothing: {item}"
        assert sorted(set(named) - there) == [], item
