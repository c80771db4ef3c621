"""Who reads again and again gets what a first reading gives, whatever changed between."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from source_repository import ENGINE, GRAPH, LOAD, PROJECT, TRAITS, WHOLE, write

from reconciler.loads.digest import DigestCache
from reconciler.loads.resolve import resolve_load
from reconciler.model.key import Key
from reconciler.model.resource import Desired
from reconciler.model.wish import Place
from reconciler.source.directory import Reader, ReadRequest
from reconciler.source.folder import Folder
from reconciler.source.shelf import Shelf
from reconciler.steady import Steady

ALIAS = """\
kind: Graph
metadata: {name: i, labels: &l {a: b}}
spec:
  engine: main
  vertices:
    P: &p {key: id, properties: {id: int64}}
    Q: *p
"""
TEXTS = {
    "gsctl.yaml": (PROJECT, PROJECT.replace("id: abcdefgh}", "id: abcdefgh, exclude: [load.yaml]}"),
                   PROJECT.replace("id: abcdefgh}", "id: abcdefgh, variables: {n: wide}}"), None),
    "engine.yaml": (ENGINE, ENGINE.replace("wide", "narrow"), ENGINE.replace("wide", "${n}"),
                    "kind: Engine\nmetadata: {name: main}\nspec: {type: narrow, options: {threads: 1}}\n",
                    "kind: Engine\nmetadata: {name: main}\nspec: {type: narrow, options: {threads: true}}\n"),
    "graph.yaml": (GRAPH, "# a line more\n" + GRAPH, GRAPH + "---\n" + GRAPH, GRAPH + "  x: [\n",
                   GRAPH + "---\n" + ALIAS, None),
    "load.yaml": (LOAD, LOAD.replace("p.csv", "q.csv"), "kind: Lod\nmetadata: {name: l}\n", None),
    "other.yaml": ("kind: Service\nmetadata: {name: x}\n", GRAPH.replace("name: g}", "name: h}"), None),
    "environments/default/more.yaml": (
        "kind: Graph\nmetadata: {name: g, description: more}\n", None),
    "p.csv": ("id,name\n1,a\n", "id,name\n1,a\n2,b\n", "name\na\n", None),
    "q.csv": ("id,name\n1,a\n", None),
}  # fmt: skip
EDITS = st.lists(
    st.sampled_from([(name, text) for name, texts in TEXTS.items() for text in texts]), max_size=8
)


def place(key, spec) -> Place:
    return Place("local", key.name)


def asked(folder: Folder, **more) -> ReadRequest:
    cache = DigestCache(folder.root / ".cache")
    return ReadRequest(folder.root, folders=(folder,),
                       resolve_load=lambda *given: resolve_load(*given[:5], cache), **more)  # fmt: skip


def whole(found: Desired) -> tuple[object, ...]:
    """All of it: the sorts of numbers and the places in the files too, which `==` does not tell."""
    places = [(key, dict(r.positions.places), dict(r.positions.keys), r.positions.at(("spec", "no")))
              for key, r in found.resources.items()]  # fmt: skip
    documents = [(str(key), json.dumps(plain)) for key, plain in found.documents.items()]
    return found, places, documents, repr(found.loads), [repr(p) for p in found.problems]


@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=5))
def test_it_is_what_a_first_reading_gives(tmp_path_factory, rounds) -> None:
    root: Path = write(tmp_path_factory.mktemp("again"), {**WHOLE, "p.csv": "id,name\n1,a\n"})
    again = Folder(root, shelf=Shelf())
    reader = Reader()
    for edits in rounds:
        for name, text in edits:
            (root / name).unlink(missing_ok=True)
            if text is not None:
                write(root, {name: text})
        assert whole(reader.read(asked(again), TRAITS)) == whole(
            Reader().read(asked(Folder(root)), TRAITS)
        )


def test_nothing_is_made_anew_while_nothing_changed(tmp_path) -> None:
    root = write(tmp_path, {**WHOLE, "p.csv": "id,name\n1,a\n"})
    folder, reader = Folder(root, shelf=Shelf()), Reader()
    found = reader.read(asked(folder), TRAITS)
    (root / "engine.yaml").touch()
    assert reader.read(asked(folder), TRAITS) is found
    write(root, {"p.csv": "id,name\n2,b\n"})
    other = reader.read(asked(folder), TRAITS)
    assert other.loads != found.loads, "data is looked at each time"
    assert other.resources is found.resources
    assert reader.read(asked(folder, variables={"n": "1"}), TRAITS) is not other


def test_a_file_with_the_same_value_of_another_sort_is_another_file(tmp_path) -> None:
    one = ENGINE.replace("wide}", "narrow, options: {threads: 1}}")
    root = write(tmp_path, {**WHOLE, "engine.yaml": one})
    folder, reader = Folder(root, shelf=Shelf()), Reader()
    steady, key = Steady(), Key("default", "Engine", "main")
    before = reader.read(ReadRequest(root, folders=(folder,)), TRAITS)
    assert not before.problems
    steady.wishes(before, place)
    write(root, {"engine.yaml": one.replace("threads: 1", "threads: true")})
    after = reader.read(ReadRequest(root, folders=(folder,)), TRAITS)
    assert after.problems
    assert steady.wishes(after, place)[0][key].options["threads"] is True
