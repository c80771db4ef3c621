"""The picture of a schema: everything is in it, and nothing lies upon anything else."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.catalog import Catalog, EdgeTable, VertexTable
from reconciler.server.page.drawing import MOST_TYPES, Picture, columns, drawn


def catalog(vertices: list[str], edges: dict[str, list[tuple[str, str]]], wide: int = 1) -> Catalog:
    properties = {"id": "int64", **{f"p{n}": "string" for n in range(wide)}}
    return Catalog({name: VertexTable("id", properties) for name in vertices},
                   {name: EdgeTable(tuple(pairs)) for name, pairs in edges.items()})  # fmt: skip


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    vertices = draw(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=9, unique=True))
    ends = st.tuples(st.sampled_from(vertices), st.sampled_from(vertices))
    edges = draw(st.dictionaries(st.text(min_size=1, max_size=8), st.lists(ends, min_size=1, max_size=4),
                                 max_size=8))  # fmt: skip
    return catalog(vertices, edges, draw(st.integers(0, 20)))


@given(catalogs())
def test_every_type_and_every_pair_is_drawn_inside_and_no_box_lies_upon_another(
    found: Catalog,
) -> None:
    picture = drawn(found)
    assert isinstance(picture, Picture)
    assert sorted(box.name for box in picture.boxes) == sorted(found.vertices)
    assert len(picture.arrows) == sum(len(edge.pairs) for edge in found.edges.values())
    for box in picture.boxes:
        assert 0 <= box.x < box.right < picture.width
        assert 0 <= box.y < box.y + box.height < picture.height
    for a, b in combinations(picture.boxes, 2):
        assert a.right < b.x or b.right < a.x or a.y + a.height < b.y or b.y + b.height < a.y
    for arrow in picture.arrows:
        assert 0 <= arrow.y <= picture.height
        assert re.fullmatch(r"[MCHc\-\d. ]+", arrow.path)


def test_what_points_stands_left_of_what_it_points_at_also_in_a_circle() -> None:
    line = catalog(["C", "B", "A"], {"e": [("A", "B"), ("B", "C")], "f": [("A", "C")]})
    assert columns(line) == [["A"], ["B"], ["C"]]
    circle = catalog(["A", "B", "C"], {"e": [("A", "B"), ("B", "C"), ("C", "A")]})
    assert columns(circle) == [["A"], ["B"], ["C"]]


def test_a_column_is_ordered_by_what_its_types_are_joined_to() -> None:
    found = catalog(["A", "B", "x", "y"], {"e": [("A", "y"), ("B", "x")]})
    assert columns(found) == [["A", "B"], ["y", "x"]]


@pytest.mark.parametrize("number", [0, MOST_TYPES + 1])
def test_nothing_and_too_much_are_not_drawn(number: int) -> None:
    assert drawn(catalog([f"T{n}" for n in range(number)], {})) is None


def test_long_names_and_many_properties_are_cut_and_said_to_be() -> None:
    picture = drawn(catalog(["T" * 90], {"E" * 90: [("T" * 90, "T" * 90)]}, wide=30))
    assert picture
    assert picture.boxes[0].lines[-1] == "… 20 more"
    assert picture.width < 700
