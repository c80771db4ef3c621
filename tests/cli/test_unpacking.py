"""Files that a coordinator sends come whole, into their folder, or are said not to have come."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gsctl.doors.unpacking import Broken, unpacked

FILES = {"Person.csv": b"id\n1\n", "a b.csv": b"x" * 5000, "load.yaml": b"kind: Load\n"}


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


def plain(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE) -> tuple:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd" if kind == tarfile.SYMTYPE else ""
    return info, content


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(size=st.integers(1, 20_000))
def test_it_does_not_matter_in_what_pieces_they_come(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    out = tmp_path_factory.mktemp("out") / "deep" / "new"
    data = archive(*(plain(name, content) for name, content in FILES.items()))
    found = list(unpacked(pieces(data, size), out, "load.yaml"))
    assert [path.name for path in found] == list(FILES)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == FILES


@pytest.mark.parametrize(
    "member",
    [plain("../x.csv"), plain("/x.csv"), plain("a/x.csv"), plain("x.sh"), plain(".yaml"),
     plain("x.csv", b"", tarfile.SYMTYPE), plain("x.csv", b"", tarfile.DIRTYPE)],
    ids=lambda member: f"{member[0].name} {member[0].type!r}",
)  # fmt: skip
def test_nothing_else_is_taken(tmp_path: Path, member: tuple[tarfile.TarInfo, bytes]) -> None:
    data = archive(member, plain("load.yaml"))
    with pytest.raises(Broken, match="no export"):
        list(unpacked(pieces(data, 512), tmp_path / "out", "load.yaml"))
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("end", [0, 100, 600, 1024, 2600, -2048 - 512])
def test_what_ends_too_soon_is_not_taken_for_whole(tmp_path: Path, end: int) -> None:
    data = archive(plain("x.csv", b"y" * 1500), plain("load.yaml", b"z" * 600))
    data = data[: 512 + 1536 + 512 + 1024]  # without padding: the last block is the content's
    with pytest.raises(Broken):
        list(unpacked(pieces(data[:end], 300), tmp_path, "load.yaml"))


def test_two_of_one_name_are_none(tmp_path: Path) -> None:
    with pytest.raises(Broken):
        list(unpacked(iter([archive(plain("x.csv"), plain("x.csv"))]), tmp_path, "x.csv"))
