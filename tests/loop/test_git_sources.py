"""A real coordinator keeps what a real repository of git says: pushes, and what is no good push."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from coordinator import until
from pushed import Pushed, end, pushing
from upstream import Upstream

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture
def pushed(tmp_path: Path, neug_python: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushed]:
    with pushing(tmp_path, monkeypatch) as made:
        yield made


def test_a_push_is_applied_and_what_is_no_good_push_changes_nothing(pushed: Pushed) -> None:
    upstream = pushed.upstream
    pushed.push(1)
    process = pushed.start()
    pushed.await_ages(1)
    good = pushed.push(2)
    pushed.await_ages(2)
    pushed.await_said(f"applied: 1 load (git) at {good[:12]}")
    upstream.git("commit", "--quiet", "--amend", "--message=rewritten")
    pushed.await_said("GI106")
    upstream.git("reset", "--quiet", "--hard", good)
    upstream.commit({"gsctl.yaml": "apiVersion: gsctl.io/v1alpha1\nkind: Projec\n"})
    pushed.await_said("SC102")
    upstream.git("rm", "--quiet", "-r", ".")
    upstream.commit()
    pushed.await_said("GI109")
    upstream.git("checkout", "--quiet", "--detach")
    upstream.git("branch", "--quiet", "-D", "main")
    pushed.await_said("GI105")
    assert pushed.ages() == [2, 2]
    upstream.git("checkout", "--quiet", "-b", "main", good)
    pushed.push(3)
    pushed.await_ages(3)
    end(process)
    assert "destroy" not in pushed.said, pushed.said


def test_who_comes_later_follows_the_last_good_commit(pushed: Pushed) -> None:
    """The branch is gone, and so is whoever knew it: what is there is kept, and healed."""
    pushed.push(1)
    process = pushed.start()
    pushed.await_ages(1)
    pushed.push(2)
    pushed.await_ages(2)
    until(lambda: "as declared" in pushed.said.rpartition("applied")[2], "it is proven")
    end(process)
    pushed.upstream.git("checkout", "--quiet", "--detach")
    pushed.upstream.git("branch", "--quiet", "-D", "main")
    process = pushed.start()
    pushed.await_said("GI105")
    until(lambda: "settled" in pushed.said, "it looked")
    assert pushed.ages() == [2, 2]
    end(process)


def test_nothing_is_begun_before_the_documents_were_seen(pushed: Pushed) -> None:
    process = pushed.start()
    pushed.await_said("GI105")
    assert not pushed.root.exists()
    pushed.push(1)
    pushed.await_ages(1)
    end(process)


TENANT = """\
kind: Engine
metadata: {name: own}
spec: {type: neug}
---
kind: Graph
metadata: {name: shop}
spec:
  engine: own
  vertices: {Item: {key: id, properties: {id: int64}}}
"""


def test_a_tenants_broken_source_keeps_what_it_had_and_holds_nobody_up(
    pushed: Pushed, tmp_path: Path
) -> None:
    """Also for one who begins while it is broken, and never saw it whole."""
    shop = Upstream.made(tmp_path / "shop")
    shop.commit({"shop.yaml": TENANT})
    bound = ("--source", f"{shop.url}?ref=main&tenant=shop")
    pushed.push(1)
    process = pushed.start(*bound)
    pushed.await_ages(1)
    pushed.await_said("shop:Graph/shop: [")
    until(lambda: "as declared" in pushed.said, "all is as declared")
    shop.commit({"shop.yaml": f"{TENANT}  verticess: {{}}\n"})
    pushed.await_said("SC104")
    pushed.push(2)
    pushed.await_ages(2)
    end(process)
    process = pushed.start("--source", f"{shop.url}?ref=other&tenant=shop")
    pushed.await_said("GI113")
    pushed.push(3)
    pushed.await_ages(3)
    end(process)
    assert "shop:Graph/shop stays as it is" in pushed.said
    assert "destroy" not in pushed.said
    assert list(pushed.root.glob("default/shop/own/*")), "its engine is still there"
