"""Every guide does what it shows, on the real engine."""

from __future__ import annotations

import re
import secrets
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from guide import Command, File, fits, parts
from leftovers import end_processes
from warm import on_path

ROOT = Path(__file__).parents[2]
INDEX = ROOT / "docs/guides/README.md"
GUIDES = sorted({*INDEX.parent.glob("*.md")} - {INDEX})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty repository; whatever a guide leaves running in it is ended."""
    quick, own = on_path(tmp_path / "bin"), Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{quick}:{own}:/usr/local/bin:/usr/bin:/bin")
    monkeypatch.setenv("NO_COLOR", "1")
    path = tmp_path / "repository"
    path.mkdir()
    yield path
    end_processes(tmp_path)


def shell(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """What a reader's shell prints, both streams as they come."""
    return subprocess.run(["sh", "-c", line], cwd=folder, text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)  # fmt: skip


def write(folder: Path, file: File) -> None:
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    # Another id is another project: guides that run side by side do not meet.
    other = "".join(secrets.choice(string.ascii_lowercase) for _ in range(8))
    path.write_text(re.sub(r"\bid: [a-z]{8}\b", f"id: {other}", file.text), "utf-8")


@pytest.mark.engine
@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.stem)
def test_a_guide_does_what_it_shows(page: Path, folder: Path, neug_python: Path) -> None:
    found = list(parts(page.read_text("utf-8")))
    assert any(isinstance(part, Command) for part in found), "a guide shows how it is done"
    for part in found:
        if isinstance(part, File):
            write(folder, part)
            continue
        done = shell(folder, part.line)
        told = f"$ {part.line}\n{done.stdout}[exit {done.returncode}]"
        assert done.returncode == part.exit, told
        assert fits(part.shown, done.stdout), f"{told}\n--- shown:\n{part.shown}"


def test_the_index_lists_every_guide_once() -> None:
    listed = re.findall(r"^- \[[^\]]+\]\(([a-z-]+\.md)\)", INDEX.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == [page.name for page in GUIDES]


@pytest.mark.parametrize(
    ("shown", "printed", "does"),
    [
        ("one\ntwo\n", "one\ntwo\n", True),
        ("one\ntwo\n", "one\n", False),
        ("one\n…\ntwo\n", "one\na\nb\ntwo\n", True),
        ("one\n…\ntwo\n", "one\ntwo\n", True),
        ("…\ntwo\n", "a\ntwo\n", True),
        ("…\ntwo\n", "two\n", True),
        ("one\n…\n", "one\nmore\n", True),
        ("one\n…\n", "one\n", True),
        ("one\n…\n", "other\n", False),
        ("took … s (1+1)\n", "took 0.1 s (1+1)\n", True),
        ("took … s\n", "took 0.1 m\n", False),
        ("", "anything\n", False),
        ("a … b\n", "a x\ny b\n", False),
    ],
)
def test_what_is_shown_is_held_against_what_is_printed(
    shown: str, printed: str, does: bool
) -> None:
    assert fits(shown, printed) is does
