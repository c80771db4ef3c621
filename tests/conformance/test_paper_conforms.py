"""The engine that is none keeps every law: so a law that another one breaks can be kept."""

from __future__ import annotations

import subprocess
import sys

import pytest
from subjects import laws_of, paper_in

from reconciler.testing import paper
from reconciler.testing.conformance import LAWS, Broken, Law, Skip, Subject, hold, run

TRIALS = [(mode, law) for mode in paper.TRAITS.modes for law in laws_of(mode, paper.TRAITS.modes)]


@pytest.mark.parametrize(("mode", "law"), TRIALS, ids=[f"{mode}-{law}" for mode, law in TRIALS])
def test_paper_keeps_the_law(mode: str, law: Law, tmp_path) -> None:
    try:
        hold(law, paper_in(mode), tmp_path)
    except Skip as skip:
        pytest.skip(str(skip))


def test_every_law_is_a_sentence_with_a_reason() -> None:
    assert len({law.name for law in LAWS}) == len(LAWS)
    assert all(law.why and len(law.name.split()) > 3 for law in LAWS)


def test_what_is_not_known_is_skipped_in_words() -> None:
    law = next(law for law in LAWS if law.name == "a graph can be asked")
    report = run(Subject(paper, "embedded"), [law])
    assert [v.outcome for v in report.verdicts] == ["skipped"]
    assert "language" in report.verdicts[0].says
    assert not report.broken


def test_a_law_that_breaks_is_named_with_what_was_found(tmp_path) -> None:
    def never(_bench) -> None:
        raise AssertionError("it is not so")

    with pytest.raises(Broken, match="never: it is not so\n\nbecause"):
        hold(Law("never", "because", never), paper_in("embedded"), tmp_path)


def test_an_engine_that_is_not_installed_is_told() -> None:
    words = [sys.executable, "-m", "reconciler.testing.conformance", "nothere"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no engine `nothere` is installed" in done.stderr
