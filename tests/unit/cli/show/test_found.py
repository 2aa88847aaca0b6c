"""What the judge has found, as people and programs read it."""

from tests.unit.core.test_trials import at_ten_percent, looks
from tests.unit.core.worlds import BLUE, GREEN, a_stage
from verdigris.cli.show.found import found_document, found_line, found_words


def test_before_anybody_is_compared_there_is_nothing_to_say():
    stage = a_stage("validate")
    assert ("", "", None) == (
        found_words(stage.d, stage.p),
        found_line(stage.d, stage.p),
        found_document(stage.d, stage.p),
    )


def test_in_the_grace_it_is_said_that_nothing_was_compared_yet():
    stage = at_ten_percent(grace=60.0)
    looks(stage, 20)
    said = "nothing was compared yet: a cold start is forgiven for 60 s"
    assert (said, said) == (found_words(stage.d, stage.p), found_line(stage.d, stage.p))


def test_as_long_as_nothing_is_found_it_says_how_far_the_evidence_has_come_and_what_would_have_been_found():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.002, GREEN: 0.002}
    looks(stage, 25)
    assert found_line(stage.d, stage.p).startswith(("inconclusive · evidence ", "no harm proven · evidence "))
    assert "The smallest that would have been found" in found_words(
        stage.d, stage.p
    ) or "is proven to fail less" in (found_words(stage.d, stage.p))


def test_a_program_reads_the_numbers_of_a_regression():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    stage.walk("restore", within=40)
    found = found_document(stage.d, stage.p)
    assert ("regressed", ["errors"], True) == (
        found["verdict"],
        [str(one) for one in found["regressed"]][:1],
        found["at_least"] > 1.0,
    )
    assert found["sentence"].startswith("Green fails at least")
    assert found_line(stage.d, stage.p).startswith("regressed · evidence ")
