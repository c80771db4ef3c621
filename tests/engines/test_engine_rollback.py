"""Back to the copy before, a wish that is held, and plans that are saved: by the command line, on a
real engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from repository import Repository

pytestmark = pytest.mark.engine
BOTH = pytest.mark.parametrize("engine", ["neug", "ladybug"])


@BOTH
def test_a_rollback_serves_the_copy_before_and_holds_the_wish_until_it_changes(
    people: Repository,
) -> None:
    people.write(version=1)
    people.applied()
    people.write(version=2, extra=", town: string")
    people.applied()
    assert people.ages() == [2, 2, 200]

    back = people.gsctl("rollback", "Graph/people", "-y", "--allow-deletes")
    assert back.returncode == 0, back.stderr
    assert "back to the copy that answered until" in back.stdout
    assert people.ages() == [1, 1, 200]

    held = people.gsctl("plan", "--detailed-exitcode")
    assert held.returncode == 0
    assert "Held:" in held.stdout
    assert "No changes. What is held waits" in held.stdout
    people.write(version=3, extra=", town: string")
    assert people.is_settled(), "a changed file alone does not release a refused schema"

    people.write(version=3, extra=", city: string")
    people.applied()
    assert people.ages() == [3, 3, 200]


def test_unhold_lets_the_refused_wish_be_tried_again(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    people.write(version=2)
    people.applied()
    assert people.gsctl("rollback", "Graph/people", "-y").returncode == 0
    assert people.is_settled()
    assert people.gsctl("unhold", "Graph/people").returncode == 0
    people.applied()
    assert people.ages() == [2, 2, 200]


def test_unhold_does_nothing_of_what_is_not_held(people: Repository) -> None:
    people.write(version=1)
    people.applied()
    people.write(version=2)
    asked = people.gsctl("unhold", "Graph/people")
    assert asked.returncode == 1
    assert "RB103" in asked.stderr
    assert people.ages() == [1, 1, 200]


def test_a_changed_file_releases_a_wish_of_which_only_files_were_refused(
    people: Repository,
) -> None:
    people.write(version=1)
    people.applied()
    people.write(version=2)
    people.applied()
    assert people.gsctl("rollback", "Graph/people", "-y").returncode == 0
    people.write(version=3)
    people.applied()
    assert people.ages() == [3, 3, 200]


def test_a_hint_names_the_command_that_was_given(people: Repository) -> None:
    people.write(version=1)
    asked = people.gsctl("apply", "--target", "Graph/people")
    assert " apply --target Graph/people -y`" in asked.stderr
    people.applied()
    people.write(version=2)
    people.applied()
    assert " rollback Graph/people -y`" in people.gsctl("rollback", "Graph/people").stderr


@BOTH
def test_where_no_copy_is_kept_there_is_nothing_to_go_back_to(people: Repository) -> None:
    people.write(version=1, keep="0s")
    people.applied()
    people.write(version=2, keep="0s")
    people.applied()
    back = people.gsctl("rollback", "Graph/people", "-y")
    assert back.returncode == 1
    assert "RB102" in back.stderr
    assert people.ages() == [2, 2, 200]


@BOTH
def test_a_saved_plan_is_done_exactly_or_refused_with_what_changed(
    people: Repository, tmp_path: Path
) -> None:
    plan = str(tmp_path / "plan.json")
    people.write(version=1)
    assert people.gsctl("plan", "--out", plan).returncode == 0
    done = people.gsctl("apply", plan)
    assert done.returncode == 0, done.stderr
    assert people.ages() == [1, 1, 200]

    again = people.gsctl("apply", plan)
    assert again.returncode == 4
    assert "Graph/people changed where it lives" in again.stderr

    people.write(version=2)
    assert people.gsctl("plan", "--out", plan).returncode == 0
    people.write(version=3)
    edited = people.gsctl("apply", plan)
    assert edited.returncode == 4
    assert "the data file data/person.csv changed" in edited.stderr
    assert people.ages() == [1, 1, 200]


def test_a_plan_that_was_tampered_with_is_refused(people: Repository, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    people.write(version=1)
    key = {"GSCTL_PLAN_KEY": "a key"}
    saved = people.gsctl("plan", "--out", str(plan), env=key)
    assert "signed" in saved.stderr
    assert "a key" not in plan.read_text()
    assert people.gsctl("apply", str(plan)).returncode == 1, "signed, and no key to check it with"
    text = plan.read_text()
    plan.write_text(text.replace('"allow_deletes": false', '"allow_deletes": true'))
    assert "PX105" in people.gsctl("apply", str(plan), env=key).stderr
    plan.write_text(text)
    assert people.gsctl("apply", str(plan), env=key).returncode == 0
