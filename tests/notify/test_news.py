"""Laws of what is told: a cause begins once and ends once, whatever comes between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from worlds import GRAPH, OWNER, plan, wishes

from reconciler.loop.recent import Recent
from reconciler.loop.tick import Tick
from reconciler.model.plan import Ask, Plan
from reconciler.model.problem import Problem
from reconciler.model.waiting import Waiting
from reconciler.notify.cause import SORTS, Cause, causes, healed, pending
from reconciler.notify.message import FIELDS, Message, Open, news
from reconciler.testing.memory import MemoryWorld

CAUSES = st.builds(
    Cause,
    sort=st.sampled_from([sort for sort in SORTS if sort != "healed"]),
    says=st.sampled_from(["no answer within 3 s", "no answer within 5 s", "refused", "gone"]),
    address=st.sampled_from(["", "Graph/a", "Graph/b"]),
    code=st.sampled_from(["", "XX100"]),
)
TURNS = st.lists(
    st.tuples(
        st.lists(CAUSES, max_size=4),
        st.frozensets(st.sampled_from(["Graph/a", "Graph/b"])),
    ),
    max_size=12,
)


def told_over(turns) -> list[tuple[str, Cause]]:
    """What is told, turn after turn, keeping what is open as the notifier does."""
    open_: dict[str, Open] = {}
    told = []
    for found, busy in turns:
        keyed = {cause.key: cause for cause in found}
        for state, cause in list(news(open_, keyed, busy)):
            told.append((state, cause))
            open_[cause.key] = Open(cause, 0.0)
            if state == "ended":
                del open_[cause.key]
    return told


@given(TURNS)
def test_each_cause_begins_then_ends_then_may_begin_again(turns) -> None:
    quiet = ([], frozenset())
    state_of: dict[str, str] = {}
    for state, cause in told_over([*turns, quiet]):
        before = state_of.get(cause.key, "ended")
        assert (state == "begins") is (before == "ended")
        state_of[cause.key] = state
    assert set(state_of.values()) <= {"ended"}, "a quiet turn ends everything"


@given(TURNS)
def test_the_same_turn_again_says_nothing(turns) -> None:
    twice = [turn for turn in turns for _ in range(2)]
    assert told_over(twice) == told_over(turns)


@given(CAUSES, st.integers(0, 99))
def test_another_number_in_a_text_is_no_news_and_another_word_is(cause, number) -> None:
    open_ = {cause.key: Open(cause, 0.0)}
    numbers = Cause(cause.sort, cause.says.replace("3", str(number)), cause.address, cause.code)
    assert list(news(open_, {numbers.key: numbers}, frozenset())) == []
    words = Cause(cause.sort, f"{cause.says}, and more", cause.address, cause.code)
    assert list(news(open_, {words.key: words}, frozenset())) == [("changed", words)]


def test_a_failure_that_became_another_is_not_healed() -> None:
    first = Cause("failed", "no disk", "Graph/a", "OS100")
    other = Cause("failed", "no answer", "Graph/a", "ST100")
    assert told_over([([first], frozenset()), ([other], frozenset())]) == [
        ("begins", first),
        ("begins", other),
    ]


def test_a_failure_of_which_something_is_left_to_do_is_not_healed() -> None:
    cause = Cause("failed", "no disk", "Graph/a", "OS100")
    busy = frozenset({"Graph/a"})
    assert told_over([([cause], busy), ([], busy)]) == [("begins", cause)]
    assert told_over([([cause], busy), ([], frozenset())])[-1] == ("ended", cause)


def test_every_sort_of_a_turn_becomes_a_cause() -> None:
    problem = Problem("error", "no engine answers", "ST100", address="Engine/main")
    refusal = Problem("error", "31 rows would go", "DS101", address="Graph/other")
    wait = Waiting("ProgressingWithRetry", until=9.0, failures=1,
                   problem=Problem("error", "row 3 is wrong", "LD101"))  # fmt: skip
    tick = Tick(0.0, "r", "f", "failed", waiting={GRAPH: wait}, refused=(refusal,))
    made = Plan(OWNER, problems=(problem,), asks=(Ask(GRAPH, GRAPH, "d1", "drops a type"),))
    found = causes(tick, made, MemoryWorld(OWNER).snapshot(0.0))
    assert [(c.sort, c.address, c.code) for c in found.values()] == [
        ("failed", str(GRAPH), "LD101"),
        ("failed", "Engine/main", "ST100"),
        ("refused", "Graph/other", "DS101"),
        ("approval", str(GRAPH), ""),
    ]


def test_problems_of_one_thing_and_code_are_one_message() -> None:
    problems = tuple(Problem("error", f"line {n} is wrong", "SC107") for n in range(3))
    tick = Tick(0.0, "r", "", "unreadable", problems=problems)
    found = causes(tick, Plan(OWNER, problems=problems), MemoryWorld(OWNER).snapshot(0.0))
    assert [c.says for c in found.values()] == ["line 0 is wrong (and 2 more)"]


@given(wishes())
def test_what_was_to_be_done_anyway_is_not_called_healing(wish) -> None:
    made = plan(wish, MemoryWorld(OWNER).snapshot(0.0))
    applied = Tick(0.0, made.revision, made.fingerprint, "applied")
    assert list(healed(applied, made, pending(applied, made))) == []
    new = {cause.address for cause in healed(applied, made, frozenset())}
    assert str(GRAPH) in new
    failed = Tick(0.0, made.revision, made.fingerprint, "failed",
                  waiting=Recent(waits={GRAPH: Waiting("Oscillating", 9.0)}).waiting(0.0))  # fmt: skip
    assert str(GRAPH) not in {c.address for c in healed(failed, made, frozenset())}


@given(CAUSES, st.sampled_from(["begins", "changed", "ended", "once"]))
def test_every_message_has_every_field_that_a_template_may_name(cause, state) -> None:
    message = Message(cause, state, "town/default", "r", 0.0, 1.0)
    assert tuple(message.fields()) == FIELDS
    assert cause.says in message.text("$heading: $title")
