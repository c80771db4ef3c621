"""A procedure's tests give exactly the declared parameters, each of its type."""

from __future__ import annotations

from pathlib import Path

import pytest
from query_repository import problems, said


def spec(type_: str, value: str) -> str:
    return (
        f"parameters: {{x: '{type_}'}}\n"
        "query: MATCH (p:Person) WHERE p.age = $x RETURN p\n"
        f"tests: [{{call: {{x: {value}}}}}]\n"
    )


RIGHT = [
    ("int32", "-2147483648"), ("uint32", "4294967295"), ("int64", "-9"), ("uint64", "18446744073709551615"),
    ("double", "1"), ("float", "1.5"), ("bool", "false"), ("string", '"3"'), ("string(9)", "x"),
    ("date", "2026-01-31"), ("timestamp", '"2026-01-31T12:00:00"'), ("interval", "3 days"),
    ("int64[]", "[1, 2]"), ("string[]", "[]"),
]  # fmt: skip
WRONG = [
    ("int32", "2147483648", "not `2147483648`"), ("uint32", "-1", "not `-1`"), ("int64", "1.5", "not `1.5`"),
    ("int64", "true", "not `true`"), ("double", "x", "not `x`"), ("bool", "1", "not `1`"),
    ("string", "3", 'not `3` [quote it: "3"]'), ("date", "31.1.2026", "not `31.1.2026` [write `2026-01-31`]"),
    ("timestamp", "noon", "not `noon` [write `2026-01-31T12:00:00`]"), ("int64[]", "3", "not `3`"),
    ("int64[]", "[a]", "not a list"), ("int64", "[1]", "not a list"), ("int64", "{a: 1}", "not a mapping"),
    ("int64", "null", "not `null`"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "value"), RIGHT)
def test_a_value_of_the_type_is_right(type_: str, value: str, tmp_path: Path) -> None:
    assert said(problems(tmp_path, spec(type_, value))) == []


@pytest.mark.parametrize(("type_", "value", "says"), WRONG)
def test_a_value_of_another_type_is_an_error_at_the_value(
    type_: str, value: str, says: str, tmp_path: Path
) -> None:
    (found,) = said(problems(tmp_path, spec(type_, value)))
    assert found == f"PR109 7:22 `x` must be of type {type_}, {says}"


def test_a_call_gives_each_parameter_and_no_other(tmp_path: Path) -> None:
    text = (
        "parameters: {low: int64, high: int64}\n"
        "query: MATCH (p:Person) WHERE p.age > $low AND p.age < $high RETURN p\n"
        "tests:\n  - call: {low: 1, hihg: 2}\n  - rows: 3\n"
    )
    assert said(problems(tmp_path, text)) == [
        "PR109 8:13 the test's call does not give `high` [add `high: <int64>`]",
        "PR109 8:22 the procedure has no parameter `hihg` [did you mean `high`?]",
        "PR109 9:7 the test's call does not give `low` [add `low: <int64>`]",
        "PR109 9:7 the test's call does not give `high` [add `high: <int64>`]",
    ]
