"""What the judge has found, as people and programs read it."""

import pytest

from tests.unit.core.test_trials import at_ten_percent, looks
from tests.unit.core.worlds import BLUE, GREEN, a_stage
from verdigris.cli.show.found import (
    begun_small,
    evidence_line,
    found_at_the_end,
    found_document,
    found_line,
    found_words,
)


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
    said = "othing was compared yet: a cold start is forgiven for 60 s"
    assert (f"N{said}.", f"n{said}") == (found_words(stage.d, stage.p), found_line(stage.d, stage.p))


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


@pytest.mark.parametrize(
    ("sentence", "part"),
    [
        ("Green fails in 9 %.", "green fails in 9 %"),
        ("POST /orders fails.", "POST /orders fails"),
        ("", ""),
    ],
)
def test_a_sentence_as_a_part_of_another(sentence, part):
    assert part == begun_small(sentence)


# --- how the evidence has grown -----------------------------------------------------------------------------------


def grown(*ln_es, room=60):
    stage = at_ten_percent()
    looks(stage, 20)
    trial = stage.d.trial
    begin = trial.exposed_at + trial.clock
    return evidence_line(
        stage.d, stage.p, [(begin - 1, 9.0), *((begin + n, e) for n, e in enumerate(ln_es))], room
    )


def test_evidence_is_drawn_from_exposure_on_and_full_height_is_the_limit():
    assert "▁▁▅█ 4.0 s, full height is 100:1" == grown(0.0, -2.0, 2.6, 4.7)


def test_a_long_trial_is_squeezed_into_the_room_that_there_is_and_its_highest_stays():
    said = grown(*[0.0] * 500, 4.7, *[0.0] * 700, room=50)
    bars, _, words = said.partition(" ")
    assert (50, 1) >= (len(said), bars.count("█"))
    assert ("20:01, full height is 100:1", 1) == (words, bars.count("█"))


def test_where_nothing_was_compared_there_is_a_dot():
    stage = at_ten_percent()
    looks(stage, 20)
    begin = stage.d.trial.exposed_at
    assert "▁··▁ 4.0 s" in evidence_line(stage.d, stage.p, [(begin, 0.0), (begin + 3, 0.0)], 60)


def test_without_room_or_evidence_nothing_is_drawn():
    assert ("", "") == (grown(room=60), grown(1.0, room=10))
    assert "" == evidence_line(a_stage("validate").d, a_stage("validate").p, [(1, 2.0)], 60)


# --- what it was promoted on --------------------------------------------------------------------------------------


def test_a_good_release_says_what_would_have_been_found_or_that_it_is_proven():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.002, GREEN: 0.002}
    assert "" == found_at_the_end(a_stage("validate").d, stage.p)
    looks(stage, 14)
    early = found_at_the_end(stage.d, stage.p)
    looks(stage, 180)
    late = found_at_the_end(stage.d, stage.p)
    assert early.startswith(
        ("no regression was found; the smallest that would", "no regression would have been found for sure")
    )
    assert late.startswith(
        ("no regression was found; the smallest that would", "green is proven to fail less than")
    )


def test_what_was_rolled_back_was_promoted_on_nothing():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    stage.walk("restore", within=40)
    assert "" == found_at_the_end(stage.d, stage.p)
