"""A branch of a real repository is followed; whatever becomes of it, what was good stays."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from upstream import QUIET, Upstream

from reconciler.following.commits import GitSource
from reconciler.following.directory import DirectorySource
from reconciler.following.revision import Revision
from reconciler.git import program, tree
from reconciler.git.address import parse_address
from reconciler.git.program import Login

Follow = Callable[..., GitSource]
PROJECT = {"gsctl.yaml": "kind: Project\n", "data/a.csv": "id\n1\n"}


def files(source: GitSource) -> dict[str, str]:
    """What is laid out of the newest, by name."""
    folder = source.newest()
    assert folder is not None
    return {str(p.relative_to(folder.root)): p.read_text()
            for p in sorted(folder.root.rglob("*")) if p.is_file()}  # fmt: skip


def followed(source: GitSource) -> str:
    folder = source.newest()
    return folder.revision if folder else ""


def code(source: GitSource) -> str:
    trouble = source.trouble()
    return trouble.code if trouble else ""


def accepted(source: GitSource) -> str:
    """Look, and let the newest be good."""
    source.look()
    folder = source.newest()
    assert folder is not None
    source.accept(folder)
    return folder.revision


def test_each_push_is_laid_out_whole_and_for_reading(upstream: Upstream, follow: Follow) -> None:
    first = upstream.commit(PROJECT)
    source = follow("?ref=main")
    assert source.look()
    assert (followed(source), files(source)) == (first, PROJECT)
    assert not source.look(), "nothing is new"
    (upstream.path / "data/a.csv").unlink()
    second = upstream.commit({"graphs/g.yaml": "x"})
    before = source.newest()
    assert source.look()
    assert followed(source) == second
    assert files(source) == {"gsctl.yaml": "kind: Project\n", "graphs/g.yaml": "x"}
    assert before is not None
    assert (before.root / "data/a.csv").exists(), "the one before stays, for whoever reads it"
    newest = source.newest()
    assert newest is not None
    for path in newest.root.rglob("*"):
        assert path.name != ".git"
        assert path.is_dir() or not path.stat().st_mode & 0o222


def test_a_revision_is_a_commit_and_when_it_was_made(upstream: Upstream, follow: Follow) -> None:
    dates = {"GIT_COMMITTER_DATE": "1700000000 +0200"}
    first = upstream.commit(PROJECT, dates=dates)
    source = follow("?ref=main")
    source.look()
    folder = source.newest()
    assert folder is not None
    assert source.revision(folder) == Revision(f"{upstream.path}@main", first, 1_700_000_000.0)


def test_a_commit_of_a_time_that_no_calendar_has_is_followed_too(
    upstream: Upstream, follow: Follow
) -> None:
    tree = upstream.commit(PROJECT)
    lines = upstream.git("cat-file", "commit", tree).splitlines()
    odd = [line.rpartition(" ")[0].rpartition(" ")[0] + " 99999999999999 +0000"
           if line.startswith("committer") else line for line in lines]  # fmt: skip
    text = ("\n".join(odd) + "\n").encode()
    made = upstream.git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", told=text)
    upstream.git("update-ref", "refs/heads/main", made)
    source = follow("?ref=main")
    source.look()
    folder = source.newest()
    assert folder is not None, source.trouble()
    assert source.revision(folder) == Revision(f"{upstream.path}@main", made, None)


def test_a_folder_has_no_commit_but_a_digest_of_its_documents(tmp_path: Path) -> None:
    kept = tmp_path / "gsctl.yaml"
    kept.write_text("kind: Project\nmetadata: {name: a}\n")
    (tmp_path / "data.csv").write_text("1")
    source = DirectorySource(parse_address(str(tmp_path)), tmp_path, "", "default")

    def told() -> Revision:
        folder = source.newest()
        assert folder is not None
        return source.revision(folder)

    first = told()
    assert (first.source, first.commit, first.at) == (str(tmp_path), "", None)
    assert len(first.digest) == 64
    (tmp_path / "data.csv").write_text("2")
    assert told() == first
    kept.write_text("kind: Project\nmetadata: {name: b}\n")
    assert told().digest != first.digest


@pytest.mark.parametrize("sort", ["branch", "tag", "annotated", "commit", "default"])
def test_a_ref_is_a_branch_a_tag_a_commit_or_what_is_the_repositorys_own(
    upstream: Upstream, follow: Follow, sort: str
) -> None:
    first = upstream.commit(PROJECT)
    upstream.git("branch", "side")
    upstream.git("tag", "light")
    upstream.git("tag", "--annotate", "--message=x", "heavy")
    last = upstream.commit({"b.yaml": ""})
    ref = {"branch": "side", "tag": "light", "annotated": "heavy", "commit": first}.get(sort)
    source = follow(f"?ref={ref}" if ref else "")
    source.look()
    assert followed(source) == (first if ref else last), source.trouble()


def test_a_branch_goes_before_a_tag_of_its_name(upstream: Upstream, follow: Follow) -> None:
    upstream.commit(PROJECT)
    upstream.git("tag", "release")
    last = upstream.commit({"b.yaml": ""})
    upstream.git("branch", "release")
    source = follow("?ref=release")
    source.look()
    assert followed(source) == last


def test_only_a_folder_of_it_is_laid_out(upstream: Upstream, follow: Follow) -> None:
    upstream.commit({"team/a/gsctl.yaml": "a", "team/b/gsctl.yaml": "b", "team/abc.yaml": ""})
    one, other = follow("//team/a"), follow("//team/b")
    one.look()
    other.look()
    assert (files(one), files(other)) == ({"gsctl.yaml": "a"}, {"gsctl.yaml": "b"})


def test_a_clone_is_shallow_and_shared(upstream: Upstream, follow: Follow, tmp_path: Path) -> None:
    for number in range(5):
        upstream.commit({**PROJECT, "sub/gsctl.yaml": str(number)})
    one, other = follow("?ref=main"), follow("//sub?ref=main")
    one.look()
    other.look()
    (clone,) = (tmp_path / "clones").iterdir()
    count = subprocess.run(["git", "rev-list", "--count", "--all"], cwd=clone / "repository",
                           capture_output=True, text=True, env={**os.environ, **QUIET})  # fmt: skip
    assert count.stdout.strip() == "1"


def broken(upstream: Upstream, how: str) -> None:
    match how:
        case "rewritten":
            upstream.git("commit", "--quiet", "--amend", "--allow-empty", "--message=other")
        case "deleted":
            upstream.git("checkout", "--quiet", "--detach")
            upstream.git("branch", "--quiet", "-D", "main")
        case "empty":
            upstream.git("rm", "--quiet", "-r", ".")
            upstream.git("commit", "--quiet", "--message=x")
        case "moved away":
            upstream.git("mv", "gsctl.yaml", "other.txt")
            upstream.commit()
        case "gone":
            upstream.path.rename(upstream.path.with_name("elsewhere"))
        case "half":
            upstream.commit({"b.yaml": "b"})
            blob = upstream.git("rev-parse", "HEAD:b.yaml")
            (upstream.path / f".git/objects/{blob[:2]}/{blob[2:]}").unlink()


TROUBLES = [("rewritten", "GI106"), ("deleted", "GI105"), ("empty", "GI109"),
            ("moved away", "GI109"), ("gone", "GI104"), ("half", "GI104")]  # fmt: skip


@pytest.mark.parametrize(("how", "expected"), TROUBLES)
def test_whatever_is_wrong_the_last_good_one_is_followed_also_by_those_who_come_later(
    upstream: Upstream, follow: Follow, how: str, expected: str
) -> None:
    upstream.commit(PROJECT)
    source = follow("?ref=main")
    accepted(source)
    good = upstream.commit({"b.yaml": ""})
    assert accepted(source) == good
    source.look()
    broken(upstream, how)
    assert source.look(), "it is said"
    later = follow("?ref=main")
    later.look()
    for one in (source, later):
        assert (followed(one), code(one)) == (good, expected)
        trouble = one.trouble()
        assert trouble is not None
        assert f"followed is still {good[:12]}" in trouble.summary
    assert not source.look(), "and not said again"


def test_a_rewritten_branch_is_followed_where_that_was_asked_for(
    upstream: Upstream, follow: Follow
) -> None:
    upstream.commit(PROJECT)
    source = follow("?ref=main", rewritten=True)
    accepted(source)
    source.look()
    broken(upstream, "rewritten")
    source.look()
    assert (followed(source), code(source)) == (upstream.head, "")


def test_a_branch_that_comes_back_is_followed_again(upstream: Upstream, follow: Follow) -> None:
    upstream.commit(PROJECT)
    source = follow("?ref=main")
    good = accepted(source)
    source.look()
    broken(upstream, "rewritten")
    source.look()
    assert code(source) == "GI106"
    upstream.git("reset", "--quiet", "--hard", good)
    after = upstream.commit({"c.yaml": ""})
    source.look()
    assert (followed(source), code(source)) == (after, "")


def traps(upstream: Upstream) -> dict[str, str]:
    """Commits that are made to harm, by what they try."""
    leaf = bytes.fromhex(upstream.blob("x"))
    project = ("100644", "gsctl.yaml", "x")
    link = ("120000", "link")
    inner = upstream.git("mktree", told=b"")
    return {
        "a link to a file of the machine": upstream.commit_tree(project, (*link, "/etc/passwd")),
        "a link upwards": upstream.commit_tree(project, (*link, "../../..")),
        "a link without end": upstream.commit_tree(project, (*link, "link")),
        "a link that is as long as a file": upstream.commit_tree(project, (*link, "a" * 5000)),
        "links that lead out together": upstream.commit_tree(
            project, ("120000", "a", "b/.."), ("120000", "b", "."), ("120000", "c", "a/b/../../x")),
        "a folder .git": upstream.commit_raw(b"40000 .git\0" + bytes.fromhex(inner)),
        "a folder .GIT": upstream.commit_raw(b"40000 .GIT\0" + bytes.fromhex(inner)),
        "a file ..": upstream.commit_raw(b"100644 ..\0" + leaf),
        "a file with a slash": upstream.commit_raw(b"100644 ../x.yaml\0" + leaf),
        "a link and a file of one name": upstream.commit_raw(
            b"120000 a\0" + bytes.fromhex(upstream.blob("/tmp")) + b"100644 a\0" + leaf),
    }  # fmt: skip


def test_traps_are_not_laid_out(upstream: Upstream, follow: Follow, tmp_path: Path) -> None:
    good = upstream.commit(PROJECT)
    found = traps(upstream)
    for what, commit in found.items():
        upstream.git("update-ref", "refs/heads/main", good)
        source = follow("?ref=main", rewritten=True)
        accepted(source)
        upstream.git("update-ref", "refs/heads/main", commit)
        source.look()
        assert (followed(source), code(source)[:4]) == (good, "GI10"), what
        laid = {p.name for p in (tmp_path / "clones").glob("*/trees/*") if p.is_dir()}
        assert laid == {good}, what


def test_links_inside_and_odd_names_are_laid_out(upstream: Upstream, follow: Follow) -> None:
    upstream.write({"gsctl.yaml": "p", "data/a b.csv": "x", "data/-o ü;$(x)": "y"})
    (upstream.path / "link").symlink_to("data/a b.csv")
    (upstream.path / "nowhere").symlink_to("data/none")
    upstream.commit()
    source = follow()
    source.look()
    assert files(source)["link"] == "x", source.trouble()
    assert files(source)["data/-o ü;$(x)"] == "y"


def test_nothing_of_a_repository_is_run_or_filtered(
    upstream: Upstream, follow: Follow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor of the machine's configuration: hooks, filters, helpers, attributes, submodules."""
    ran = tmp_path / "ran"
    script = tmp_path / "hooks/reference-transaction"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f"[core]\n hooksPath={script.parent}\n fsmonitor={script}\n attributesFile={home}/a\n"
        f'[filter "x"]\n smudge=touch {ran}; cat\n[url "file:///none"]\n insteadOf=file://\n'
        f"[init]\n templateDir={script.parent.parent}\n"
    )  # fmt: skip
    (home / "a").write_text("* filter=x\n")
    for name, value in {"HOME": home, "GIT_CONFIG_GLOBAL": home / ".gitconfig",
                        "GIT_TRACE": tmp_path / "trace", "GIT_EXTERNAL_DIFF": script,
                        "GIT_SSH": script, "GIT_DIR": tmp_path / "wrong"}.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    for name in ("GIT_DIR", "GIT_TRACE"):
        upstream_env = os.environ.pop(name)
        assert upstream_env
    upstream.commit({**PROJECT, ".gitattributes": "* filter=x\n*.csv filter=lfs\n",
                     ".gitmodules": '[submodule "s"]\n path=s\n url=../x\n'})  # fmt: skip
    upstream.git("update-index", "--add", "--cacheinfo", f"160000,{upstream.head},s")
    commit = upstream.commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "wrong"))
    source = follow()
    source.look()
    assert followed(source) == commit, source.trouble()
    assert files(source)["data/a.csv"] == "id\n1\n"
    assert "s" not in files(source)
    (clone,) = (tmp_path / "clones").iterdir()
    own = clone / "repository/hooks/reference-transaction"  # wherever a hook may have come from
    own.parent.mkdir()
    script.rename(own)
    source.look()
    monkeypatch.delenv("GIT_DIR")
    upstream.commit({"b.yaml": ""})
    assert source.look()
    assert not ran.exists()


@pytest.mark.parametrize("what", ["files", "bytes", "pack", "time"])
def test_there_is_an_end_to_what_is_fetched(
    upstream: Upstream, follow: Follow, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    good = upstream.commit(PROJECT)
    source = follow("?ref=main")
    accepted(source)
    source.look()
    upstream.commit({f"n{n}.txt": "x" for n in range(50)} | {"big": os.urandom(1 << 20).hex()})
    match what:
        case "files":
            monkeypatch.setattr(tree, "FILES", 20)
        case "bytes":
            monkeypatch.setattr(tree, "TREE_BYTES", 1 << 20)
        case "pack":
            monkeypatch.setattr(program, "FILE_BYTES", 1 << 19)
        case "time":
            upstream.git("config", "uploadpack.packObjectsHook", "x")
            monkeypatch.setattr(
                source._clone,
                "fetch",
                lambda: source._clone.git.run("fetch", "origin", within_s=0.0),
            )
    source.look()
    assert followed(source) == good
    assert code(source) == ("GI104" if what == "time" else "GI108"), source.trouble()


@pytest.mark.skipif(not Path("/usr/bin/ssh-keygen").exists(), reason="no ssh-keygen here")
@pytest.mark.parametrize("signed", ["by one who may", "by another", "not at all", "and spoilt"])
def test_only_what_is_signed_by_those_who_may_is_followed(
    upstream: Upstream, follow: Follow, tmp_path: Path, signed: str
) -> None:
    keys = {}
    for who in ("ada", "eve"):
        keys[who] = tmp_path / who
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys[who])])
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.com {keys['ada'].with_suffix('.pub').read_text()}")

    def by(who: str) -> tuple[str, ...]:
        return ("gpg.format=ssh", f"user.signingKey={keys[who]}", "commit.gpgSign=true")

    good = upstream.commit(PROJECT, config=by("ada"))
    source = follow("?ref=main", Login(signers=signers), rewritten=True)
    assert accepted(source) == good
    source.look()
    if signed == "and spoilt":
        upstream.commit({"b.yaml": ""}, config=by("ada"))
        raw = upstream.git("cat-file", "commit", "HEAD").replace("\n\nx", "\n\ny")
        made = upstream.git(
            "hash-object", "-t", "commit", "-w", "--stdin", told=raw.encode() + b"\n"
        )
        upstream.git("update-ref", "refs/heads/main", made)
    else:
        upstream.commit(
            {"b.yaml": ""},
            config={"by one who may": by("ada"), "by another": by("eve")}.get(signed, ()),
        )
    source.look()
    if signed == "by one who may":
        assert (followed(source), code(source)) == (upstream.head, "")
    else:
        assert (followed(source), code(source)) == (good, "GI107")
    signers.unlink()
    upstream.commit({"c.yaml": ""}, config=by("ada"))
    source.look()
    assert code(source) == "GI107", "without the file nobody may sign"


def test_a_tree_that_is_half_there_is_laid_out_again(upstream: Upstream, follow: Follow) -> None:
    """As after a power cut: the folder is there, its files are empty."""
    upstream.commit(PROJECT)
    source = follow()
    source.look()
    folder = source.newest()
    assert folder is not None
    spoilt = folder.root / "data/a.csv"
    spoilt.chmod(stat.S_IRUSR | stat.S_IWUSR)
    spoilt.write_text("")
    later = follow()
    later.look()
    assert files(later) == PROJECT
