"""Files, headers and columns are found, and each mistake is told where it stands."""

from pathlib import Path

import pytest

from reconciler.loads.digest import DigestCache
from reconciler.loads.resolve import resolve_load
from reconciler.model.key import Key
from reconciler.model.kinds import GraphSpec, LoadSpec
from reconciler.model.problem import Problem
from reconciler.model.resource import Positions

GRAPH = GraphSpec.model_validate({
    "engine": "main",
    "vertices": {"P": {"key": "id", "properties": {"id": "int64", "name": "string"}},
                 "Q": {"key": "id", "properties": {"id": "int64"}}},
    "edges": {"K": {"from": "P", "to": "P", "properties": {"since": "date"}},
              "M": {"pairs": [{"from": "P", "to": "Q"}, {"from": "Q", "to": "P"}]}},
})  # fmt: skip


@pytest.fixture
def resolve(tmp_path):
    def resolve(spec, **files):
        for name, content in files.items():
            (tmp_path / f"{name}.csv").write_text(content)
        spec = LoadSpec.model_validate({"graph": "g", **spec})
        places = {("spec", part): (line, 1) for line, part in enumerate(("vertices", "edges"), 3)}
        positions = Positions("load.yaml", ("a", "b", "c", "d"), places, {})

        def find(name):
            if ".." in name:
                return Problem("error", f"`{name}` leads out", "LD101")
            return str(tmp_path / name)

        cache = DigestCache(tmp_path / "cache")
        return resolve_load(Key("default", "Load", "l"), spec, GRAPH, find, positions, cache)

    return resolve


def one(files, **more):
    return {"vertices": {"P": {"files": files, **more}}}


def edge(type_="K", **more):
    ends = {"fromColumn": "a", "toColumn": "b"}
    return {"edges": {type_: {"files": ["e.csv"], **ends, **more}}}


def test_columns_are_found_by_name(resolve):
    wish, problems = resolve(one(["p.csv"]), p="name,id\nann,1\n")
    (source,) = wish.types[0].sources
    assert problems == ()
    assert {name: c.index for name, c in source.columns.items()} == {"name": 0, "id": 1}
    assert (source.width, source.files[0].size, source.files[0].path) == (2, 14, "p.csv")


def test_overrides_name_a_column_or_its_index(resolve):
    wish, _ = resolve(one(["p.csv"], columns={"id": "key", "name": 0}), p="n,key\nann,1\n")
    columns = wish.types[0].sources[0].columns
    assert (columns["id"].index, columns["name"].index, columns["name"].name) == (1, 0, "n")


def test_without_a_header_columns_are_indexes(resolve):
    spec = {**one(["p.csv"], columns={"id": 1, "name": 0}), "format": {"header": False}}
    wish, problems = resolve(spec, p="ann,1\n")
    assert problems == ()
    assert wish.types[0].sources[0].width == 2


def test_the_only_pair_of_a_type_is_its_default(resolve):
    wish, _ = resolve(edge(), e="a,b,since\n1,2,2024-01-01\n")
    source = wish.types[0].sources[0]
    assert (source.pair, [c.index for c in source.ends]) == (("P", "P"), [0, 1])


def test_glob_names_its_files_in_order(resolve):
    wish, _ = resolve(one(["p*.csv"]), p2="id,name\n", p1="id,name\n", q="x\n")
    assert [file.path for file in wish.types[0].sources[0].files] == ["p1.csv", "p2.csv"]


MISTAKES = {
    "no column for the key": (one(["p.csv"]), {"p": "Id,name\n"}, "LD104", "did you mean `Id`?"),
    "no column for an end": (edge(), {"e": "a,c,since\n"}, "LD105", ""),
    "several pairs and none named": (edge("M"), {"e": "a,b\n"}, "LD105", "{from: P, to: Q}"),
    "a pair that is not there":
        (edge("M", pair={"from": "P", "to": "P"}), {"e": "a,b\n"}, "LD103", "{from: Q, to: P}"),
    "a missing file": (one(["people.csv"]), {"peopel": ""}, "LD106", "did you mean `peopel.csv`?"),
    "a folder": (one(["."]), {}, "LD106", "that is a folder"),
    "a glob without files": (one(["x*.csv"]), {}, "LD106", ""),
    "a column that is not in the header":
        (one(["p.csv"], columns={"name": "nmae"}), {"p": "id,name\n"}, "LD107", "`name`"),
    "an index beyond the last column":
        (one(["p.csv"], columns={"name": 2}), {"p": "id,name\n"}, "LD107", ""),
    "an override of no property":
        (one(["p.csv"], columns={"nam": "id"}), {"p": "id,name\n"}, "LD107", "`name`"),
    "a name that stands twice": (one(["p.csv"]), {"p": "id,name,name\n"}, "LD108", "index"),
    "files with different headers":
        (one(["p.csv", "q.csv"]), {"p": "id,name\n", "q": "name,id\n"}, "LD109", "two sources"),
    "quote and delimiter alike":
        ({**one(["p.csv"]), "format": {"delimiter": '"'}}, {"p": "id,name\n"}, "LD110", ""),
    "an empty file": (one(["p.csv"]), {"p": ""}, "LD111", ""),
    "a blank first line": (one(["p.csv"]), {"p": "\nid,name\n"}, "LD111", ""),
    "an expectation of no type":
        ({**one(["p.csv"]), "expect": {"R": 1}}, {"p": "id,name\n"}, "LD103", ""),
    "a type that is not there": ({"vertices": {"p": {"files": ["p.csv"]}}}, {}, "LD103", "`P`"),
    "a file that leads out": (one(["../p.csv"]), {}, "LD101", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_mistake_is_told_with_its_place(case, resolve):
    spec, files, code, hint = MISTAKES[case]
    wish, problems = resolve(spec, **files)
    (problem,) = [problem for problem in problems if problem.severity == "error"]
    assert wish is None
    assert problem.code == code
    assert hint in problem.hint
    assert problem.at.file == "load.yaml"


def test_property_without_column_and_column_without_property_are_mentioned(resolve):
    wish, problems = resolve(one(["p.csv"]), p="id,nick,x\n")
    assert wish
    assert [(p.severity, p.code) for p in problems] == [("warning", "LD112"), ("note", "LD113")]
    assert "`nick`, `x`" in problems[1].summary


class TestDigests:
    def old(self, path: Path, content: str, at: int = 1_600_000_000):
        import os

        path.write_text(content)
        os.utime(path, (at, at))

    def test_saved_digest_is_used_again(self, tmp_path):
        path = tmp_path / "a"
        self.old(path, "one")
        cache = DigestCache(tmp_path / "cache")
        first = cache.digests([str(path)])
        identity, _, taken = cache._known[str(path)]
        cache._known[str(path)] = (identity, "f" * 64, taken + 10**10)  # as if known for long
        cache.save()
        again = DigestCache(tmp_path / "cache").digests([str(path)])
        assert first[str(path)][0] == 3
        assert again[str(path)] == (3, "f" * 64)

    def test_digest_of_a_file_just_written_is_not_trusted(self, tmp_path):
        path = tmp_path / "a"
        path.write_text("one")
        cache = DigestCache(tmp_path / "cache")
        right = cache.digests([str(path)])
        identity, _, taken = cache._known[str(path)]
        cache._known[str(path)] = (identity, "f" * 64, taken)
        cache.save()
        assert DigestCache(tmp_path / "cache").digests([str(path)]) == right

    def test_changed_file_is_read_again(self, tmp_path):
        path = tmp_path / "a"
        self.old(path, "one")
        cache = DigestCache(tmp_path / "cache")
        first = cache.digests([str(path)])
        self.old(path, "two")
        assert cache.digests([str(path)]) != first

    @pytest.mark.parametrize(
        "content", ["", "{", "[]", '{"format": 9, "files": {}}', '{"format": 1, "files": {"a": 1}}']
    )
    def test_damaged_cache_is_an_empty_one(self, content, tmp_path):
        (tmp_path / "cache").mkdir()
        (tmp_path / "cache" / "digests.json").write_text(content)
        (tmp_path / "a").write_text("one")
        digests = DigestCache(tmp_path / "cache").digests([str(tmp_path / "a")])
        assert digests[str(tmp_path / "a")][0] == 3
