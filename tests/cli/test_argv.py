"""Global options mean the same wherever they stand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gsctl.argv import FLAGS, WITH_VALUE, normalise

plain = st.text("abcxyz/=", min_size=1, max_size=5)
values = plain | st.sampled_from(["-y", "--json", "--", "-C"])
options = st.one_of(
    st.tuples(st.sampled_from(sorted(WITH_VALUE)), values),
    st.tuples(st.sampled_from(sorted(FLAGS))),
    st.builds(lambda n, v: (f"{n}={v}",), st.sampled_from(["--var", "--root"]), plain),
    st.builds(
        lambda n, v: (n + v,), st.sampled_from(["-C", "-e", "-o"]), st.text("abc", min_size=1)
    ),
)
own = st.one_of(
    st.tuples(plain),
    st.tuples(st.sampled_from(["--target", "-p", "--out"]), values),
    st.tuples(st.sampled_from(["-y", "--allow-deletes", "--watch"])),
)
lines = st.lists(st.tuples(st.booleans(), options) | st.tuples(st.none(), own), max_size=8)


@given(lines, st.lists(plain, max_size=2))
def test_global_options_come_first_and_all_keep_their_order(line, tail):
    mixed = [word for _, words in line for word in words]
    front = [word for kind, words in line if kind is not None for word in words]
    rest = [word for kind, words in line if kind is None for word in words]
    ending = ["--", *tail] if tail else []
    assert normalise(mixed + ending) == front + rest + ending


@given(lines)
def test_twice_is_once(line):
    once = normalise([word for _, words in line for word in words])
    assert normalise(once) == once


def test_after_two_dashes_nothing_is_an_option():
    assert normalise(["query", "g", "--", "-v", "--json"]) == ["query", "g", "--", "-v", "--json"]
