"""Where the repositories of these tests lie, and a clone of one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from upstream import Upstream

from reconciler.following.commits import GitSource
from reconciler.git.address import parse_address
from reconciler.git.program import Login


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream.made(tmp_path / "upstream")


@pytest.fixture
def follow(tmp_path: Path, upstream: Upstream) -> Callable[..., GitSource]:
    """Another process that follows the upstream, by what stands after its URL."""

    def made(rest: str = "", login: Login | None = None, *, rewritten: bool = False) -> GitSource:
        address = parse_address(upstream.url + rest)
        return GitSource(address, tmp_path / "clones", lambda: login or Login(), "", "default",
                         rewritten=rewritten)  # fmt: skip

    return made
