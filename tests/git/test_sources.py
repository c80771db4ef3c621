"""Several sources together: as many as are right together are followed at their newest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from reconciler.following.access import Access
from reconciler.following.sources import Sources, Ways
from reconciler.git.address import parse_address
from reconciler.git.trouble import Trouble
from reconciler.model.problem import errors
from reconciler.model.resource import Desired
from reconciler.source.directory import ReadRequest, read_directory
from reconciler.source.folder import Folder

PROJECT = (
    "apiVersion: gsctl.io/v1alpha1\nkind: Project\nmetadata: {name: p}\nspec: {id: abcdefgh}\n"
)
BROKEN = "kind: Policy\nmetadata: {name: -}\n"


def policy(name: str) -> str:
    return f"kind: Policy\nmetadata: {{name: {name}}}\nspec: {{suspend: false}}\n"


def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *texts: str) -> Sources:
    monkeypatch.chdir(tmp_path)
    ways = Ways(tmp_path / "clones", "default", Access(tmp_path, {}))
    return Sources(ways.open([parse_address(text) for text in texts]))


def read(folders: tuple[Folder, ...]) -> Desired:
    return read_directory(ReadRequest(Path(), folders=folders), {})


def is_right(folders: tuple[Folder, ...]) -> bool:
    return not errors(read(folders).problems)


def look(followed: Sources) -> list[str] | None:
    """One look, as the loop has it: what is wished by what is followed; None: nothing can be."""
    newest = followed.newest()
    folders = newest if is_right(newest) else followed.agreed(newest, is_right)
    if folders is None:
        return None
    followed.accept(folders)
    return sorted(key.name for key in read(folders).resources)


def put(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sources:
    put(tmp_path / "a", gsctl=PROJECT, x=policy("a1"))
    put(tmp_path / "b", gsctl="", x=policy("b1"))
    return sources(tmp_path, monkeypatch, "a", "b")


@pytest.mark.parametrize("which", ["a", "b"])
def test_one_that_is_broken_stays_while_the_other_goes_on(
    both: Sources, tmp_path: Path, which: str
) -> None:
    assert look(both) == ["a1", "b1"]
    other = {"a": "b", "b": "a"}[which]
    put(tmp_path / which, x=BROKEN)
    put(tmp_path / other, x=policy(f"{other}2"))
    assert look(both) == sorted([f"{which}1", f"{other}2"])
    put(tmp_path / which, x=policy(f"{which}3"))
    assert look(both) == sorted([f"{which}3", f"{other}2"])


def test_who_takes_a_name_of_another_is_the_one_that_stays(both: Sources, tmp_path: Path) -> None:
    """Also when the line that is complained of is the other's: it was there first."""
    assert look(both) == ["a1", "b1"]
    put(tmp_path / "a", y=policy("b1"))
    newest = both.newest()
    (problem,) = errors(read(newest).problems)
    assert problem.at
    assert problem.at.file == "b/x.yaml"
    assert look(both) == ["a1", "b1"]
    put(tmp_path / "b", z=policy("b2"))
    assert look(both) == ["a1", "b1", "b2"]


def test_a_folder_that_is_gone_is_no_wish(both: Sources, tmp_path: Path) -> None:
    assert look(both) == ["a1", "b1"]
    (tmp_path / "b").rename(tmp_path / "elsewhere")
    put(tmp_path / "a", x=policy("a2"))
    assert look(both) == ["a2", "b1"]
    (trouble,) = both.troubles()
    assert trouble.code == "SC109"
    (tmp_path / "elsewhere").rename(tmp_path / "b")
    assert look(both) == ["a2", "b1"]
    assert both.troubles() == ()


def test_before_one_without_a_tenant_was_right_nothing_is_followed(
    both: Sources, tmp_path: Path
) -> None:
    put(tmp_path / "b", x=BROKEN)
    assert look(both) is None
    put(tmp_path / "b", x=policy("b1"))
    assert look(both) == ["a1", "b1"]


def test_a_tenants_may_be_left_out_and_it_is_known_that_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a", gsctl=PROJECT, x=policy("a1"))
    put(tmp_path / "b", x=policy("b1"))  # a tenant has no Policies
    followed = sources(tmp_path, monkeypatch, "b?tenant=shop", "a")
    newest = followed.newest()
    taken = followed.agreed(newest, is_right)
    assert taken is not None
    assert look(followed) == ["a1"]
    assert followed.unseen(newest) == frozenset()
    assert followed.unseen(taken) == {"shop"}


@pytest.mark.parametrize("texts", [("a", "a"), ("a?tenant=t",), ("a?tenant=t", "b?tenant=u")])
def test_what_cannot_be_followed_together_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: Sequence[str]
) -> None:
    with pytest.raises(Trouble) as refused:
        sources(tmp_path, monkeypatch, *texts)
    assert refused.value.problem.code == "GI103"
