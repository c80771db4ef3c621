"""Pictures of orders and schemas: valid whatever things are called, and read back by a parser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark

from gsctl.views.diagram import schema_dot, schema_mermaid
from gsctl.views.order import Order, order_dot, order_mermaid, order_plain, order_text
from gsctl.views.text import Paint, safe
from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.model.key import Key
from reconciler.model.step import InstallRuntime, Step

DOT = Lark(r"""
    start: "digraph" ID "{" statement* "}"
    ?statement: (node | edge | cluster | assignment) ";"?
    cluster: "subgraph" ID "{" statement* "}"
    assignment: ID "=" value
    node: ID attributes
    edge: ID "->" ID attributes?
    attributes: "[" ID "=" value ("," ID "=" value)* "]"
    value: ID | STRING
    ID: /[A-Za-z_][A-Za-z0-9_]*/
    STRING: /"(\\.|[^"\\])*"/s
    %ignore /\s+/
""")  # the parts of DOT that are used; https://graphviz.org/doc/info/lang.html

LINES = re.compile(
    r"""
    (flowchart\ TD|erDiagram)
    |\ \ subgraph\ l\d+\["LABEL"\]|\ \ end|\ \ \ \ s\d+\["LABEL"\]
    |\ \ l\d+\["LABEL"\]|\ \ [sl]\d+\ -->\ [sl]\d+
    |\ \ v\d+\["LABEL"\]\ {|\ \ }
    |\ \ \ \ [A-Za-z][A-Za-z0-9()\[\]]*\ (?![PFU]K)[A-Za-z]\w*(\ PK)?(\ "LABEL")?
    |\ \ v\d+\ (}o|\|o)--(o{|o\|)\ v\d+\ :\ "LABEL"
""".replace("LABEL", r"([A-Za-z0-9\ .,/()+=>_-]|\#\d+;)*"),
    re.VERBOSE,
)

names = st.sampled_from(
    ['a"b', "a\\", "\\N", "end", "PK", "pk2", "日本", "a\nb", "%%{init}%%", "x;y", "#35;", "<b>",
     "x]y", "x}y", "-->", "&amp;", "`x`", "100%", "\\l", "{a|b}", "\u202eevil"]
) | st.text(min_size=1, max_size=12)  # fmt: skip

CATALOG = Catalog(
    {
        "Person": VertexTable("id", {"name": "string(10)", "id": "int64"}),
        "Shop": VertexTable("id", {"id": "string", "a b": "int64[]"}),
    },
    {
        "KNOWS": EdgeTable((("Person", "Person"), ("Person", "Shop")), {"since": "date"}),
        "OWNS": EdgeTable((("Person", "Shop"),), {}, "one-to-many"),
    },
)


def keys(*names: str) -> list[Key]:
    return [Key("default", "Graph", name) for name in names]


def order(waits: dict[str, set[str]], steps: int = 0) -> Order:
    """Lanes in an order that may be walked; each with `steps` steps in a row."""
    lanes, last = {}, {}
    for name, before in waits.items():
        key = keys(name)[0]
        lane = []
        for n in range(steps):
            after = {lane[-1].id} if lane else {last[b] for b in before}
            lane.append(
                Step(f"{key} {n}", key, key, InstallRuntime(name, str(n)), frozenset(after))
            )
        if lane:
            last[name] = lane[-1].id
            lanes[key] = tuple(lane)
    return Order({keys(n)[0]: frozenset(keys(*b)) for n, b in waits.items()}, lanes)


DIAMOND = {"a": set(), "b": {"a"}, "c": {"a"}, "d": {"b", "c"}, "e": set()}


def test_a_schema_in_mermaid():
    assert (
        schema_mermaid(CATALOG)
        == """\
erDiagram
  v1["Person"] {
    int64 id PK
    string(10) name
  }
  v2["Shop"] {
    string id PK
    int64[] p_a_b "a b"
  }
  v1 }o--o{ v1 : "KNOWS (since date)"
  v1 }o--o{ v2 : "KNOWS (since date)"
  v1 |o--o{ v2 : "OWNS"
"""
    )


def test_a_schema_in_dot():
    assert (
        schema_dot(CATALOG)
        == r"""digraph schema {
  node [shape=box];
  v1 [label="Person\l\lid: int64 (key)\lname: string(10)\l"];
  v2 [label="Shop\l\lid: string (key)\la b: int64[]\l"];
  v1 -> v1 [label="KNOWS (since date)", dir=both, arrowtail=crow, arrowhead=crow];
  v1 -> v2 [label="KNOWS (since date)", dir=both, arrowtail=crow, arrowhead=crow];
  v1 -> v2 [label="OWNS", dir=both, arrowtail=tee, arrowhead=crow];
}
"""
    )


def test_an_order_as_a_tree_shows_what_runs_side_by_side():
    assert (
        order_text(order(DIAMOND, steps=1), Paint())
        == """\
Steps, in their order:
Graph/a
│  1. runtime a 0
├─ Graph/b
│     2. runtime b 0
└─ Graph/c
   │  3. runtime c 0
   └─ Graph/d  also after Graph/b
         4. runtime d 0
Graph/e
   5. runtime e 0
"""
    )


def test_what_stands_on_what_where_nothing_changes():
    assert (
        order_text(order({"a": set(), "b": {"a"}}), Paint())
        == """\
No changes. What stands on what:
Graph/a
└─ Graph/b
"""
    )


def test_an_order_in_mermaid_and_in_dot_has_a_box_for_each_lane():
    small = order({"a": set(), "b": {"a"}}, steps=2)
    assert (
        order_mermaid(small)
        == """\
flowchart TD
  subgraph l1["Graph/a"]
    s1["1 runtime a 0"]
    s2["2 runtime a 1"]
  end
  subgraph l2["Graph/b"]
    s3["3 runtime b 0"]
    s4["4 runtime b 1"]
  end
  s1 --> s2
  s2 --> s3
  s3 --> s4
"""
    )
    arrows = [line.strip() for line in order_dot(small).splitlines() if "->" in line]
    assert arrows == ["s1 -> s2;", "s2 -> s3;", "s3 -> s4;"]


@st.composite
def orders(draw) -> Order:
    chosen = draw(st.lists(names, min_size=1, max_size=5, unique=True))
    waits = {name: draw(st.sets(st.sampled_from(chosen[:n]))) if n else set()
             for n, name in enumerate(chosen)}  # fmt: skip
    return order(waits, draw(st.integers(0, 2)))


@st.composite
def catalogs(draw) -> Catalog:
    types = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    vertices = {}
    for name in types:
        properties = draw(st.dictionaries(names, st.sampled_from(["int64", "string(3)", "date[]"]),
                                          min_size=1, max_size=3))  # fmt: skip
        vertices[name] = VertexTable(next(iter(properties)), properties)
    ends = st.tuples(st.sampled_from(types), st.sampled_from(types))
    edges = {draw(names): EdgeTable((draw(ends),), {draw(names): "int32"}, draw(st.sampled_from(
        ["many-to-many", "many-to-one", "one-to-many", "one-to-one"])))}  # fmt: skip
    return Catalog(vertices, edges)


def labels(tree) -> list[str]:
    """What the labels of a DOT file show, line by line."""
    quoted = tree.scan_values(lambda token: getattr(token, "type", "") == "STRING")
    shown = [
        re.sub(r"\\(.)", lambda m: "\n" if m[1] == "l" else m[1], str(q)[1:-1]) for q in quoted
    ]
    return [line.replace("&amp;", "&") for text in shown for line in text.split("\n")]


@settings(max_examples=150)
@given(orders())
def test_every_order_is_valid_and_complete_in_each_form(drawn):
    assert all(LINES.fullmatch(line) for line in order_mermaid(drawn).splitlines())
    tree = DOT.parse(order_dot(drawn))
    lanes, steps = len(drawn.waits), len(drawn.numbers)
    assert len(list(tree.find_data("cluster"))) == (lanes if steps else 0)
    arrows = sum(len(s.waits) for lane in drawn.steps.values() for s in lane) if steps else \
        sum(map(len, drawn.waits.values()))  # fmt: skip
    assert len(list(tree.find_data("edge"))) == arrows
    assert len(re.findall(r"^  [sl]\d+ --> ", order_mermaid(drawn), re.MULTILINE)) == arrows
    assert {safe(str(key)) for key in drawn.waits} <= set(labels(tree))
    text = order_text(drawn, Paint())
    assert all(safe(str(key)) in text for key in drawn.waits)
    plain = order_plain(drawn)["lanes"]
    waves = {lane["address"]: lane["wave"] for lane in plain}
    assert all(waves[b] < lane["wave"] for lane in plain for b in lane["after"])
    json.dumps(plain)


@settings(max_examples=150)
@given(catalogs())
def test_every_schema_is_valid_in_each_form(drawn):
    lines = schema_mermaid(drawn).splitlines()
    assert [line for line in lines if not LINES.fullmatch(line)] == []
    assert sum(bool(re.match(r"    \S+ \S+ PK", line)) for line in lines) == len(drawn.vertices)
    tree = DOT.parse(schema_dot(drawn))
    assert len(list(tree.find_data("edge"))) == 1
    assert {safe(name) for name in drawn.vertices} <= set(labels(tree))


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz is not installed")
@pytest.mark.parametrize("text", [schema_dot(CATALOG), order_dot(order(DIAMOND, steps=2))])
def test_graphviz_draws_it(text):
    done = subprocess.run(["dot", "-Tsvg"], input=text, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip().endswith("</svg>")


def test_the_commands_draw(here):
    assert here("init").code == 0
    assert "Engine/main\n│  1. " in here("order").out
    assert here("order", "-o", "mermaid").out.startswith("flowchart TD\n")
    assert DOT.parse(here("order", "-o", "dot").out)
    assert json.loads(here("order", "--json").out)["lanes"][1]["after"] == ["Engine/main"]
    drawn = here("describe", "Graph/packages", "-o", "mermaid")
    assert drawn.out.startswith("erDiagram\n"), drawn.err
    assert DOT.parse(here("describe", "Graph/packages", "-o", "dot").out)
    other = here("describe", "Engine/main", "-o", "dot")
    assert (other.code, other.out) == (1, "")
    assert "has no schema to draw" in other.err
