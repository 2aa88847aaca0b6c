"""What is remembered of a drill, and how it is said."""

from dataclasses import replace

from tests.unit.core.worlds import BLUE, GREEN, OLD, T0, a_deployment, a_stage, a_tally
from verdigris.core.deployment import Drill, Drilled, Outcome
from verdigris.core.drilled import facts, finish, old
from verdigris.core.world import Known, PerSlot, Second

DRILL = Drill(100, "ada", T0 - 6.5, there=0.043, turned=T0 - 3.0, back=0.041, home=T0 - 2.9)


def world(seconds: range, **changes):
    """So many requests in each second, of which two fail in blue."""
    both = PerSlot(a_tally(100, 2), a_tally(10))
    counted = tuple(Second(T0 - 10 + n, both, **changes) for n in seconds)
    stage = a_stage("stabilize")
    return replace(stage.world(), now=T0, wall=5000.0, signals=Known(counted, T0))


def test_the_record_has_times_and_the_requests_of_every_second_that_the_drill_had_a_part_in():
    d, (note,) = finish(a_deployment("stabilize", drill=DRILL), DRILL, world(range(10)))
    assert d.drill is None
    assert (
        Drilled(
            100, BLUE, "1.0", "ada", 5000.0, 0.043, 0.041, PerSlot(500, 50), PerSlot(10, 0), complete=True
        )
        == d.drilled
    )
    assert (
        "the way back works: 100 % to blue (1.0), there in 43 ms, back in 41 ms, 10 of 550 requests failed"
        == note.sentence
    )
    assert "blue: 10 of 500 failed; green: 0 of 50 failed" == note.evidence


def test_seconds_that_are_missing_or_torn_are_said_to_be():
    for counted in (world(range(8, 10)), world(range(10), lost=True)):
        d, (note,) = finish(a_deployment("stabilize", drill=DRILL), DRILL, counted)
        assert not d.drilled.complete
        assert note.sentence.endswith("some seconds were not counted")


def test_a_failed_one_is_remembered_with_what_was_seen():
    failed = replace(DRILL, outcome=Outcome.FAILED, why="blue fails", there=None)
    d, (note,) = finish(a_deployment("stabilize", drill=failed), failed, world(range(10)))
    assert "blue fails" == d.drilled.trouble
    assert note.sentence.startswith("the way back does not work: 100 % to blue (1.0), never there")
    assert note.evidence.startswith("blue fails; blue: 10 of 500")


def test_one_that_was_broken_off_leaves_what_was_known():
    before = Drilled(10, BLUE, "1.0", "ada", 1.0, 0.1, 0.1, PerSlot(1, 1), PerSlot(0, 0))
    broken = replace(DRILL, outcome=Outcome.BROKEN_OFF, why="held because it smells")
    d, (note,) = finish(a_deployment("stabilize", drill=broken, drilled=before), broken, world(range(10)))
    assert before == d.drilled
    assert "broken off, traffic is on green: held because it smells" == note.sentence


def test_the_facts_are_a_few_words_each():
    record = Drilled(10, GREEN, "2.0", "ada", 1.0, 1.44, None, PerSlot(1000, 234), PerSlot(0, 0))
    assert ("10 % to green (2.0)", "there in 1.4 s", "never back", "0 of 1,234 requests failed") == facts(
        record
    )


def test_it_is_said_where_no_request_came_by_the_old_slot():
    few = Drilled(5, GREEN, "2.0", "ada", 1.0, 0.1, 0.1, PerSlot(11, 0), PerSlot(0, 0))
    assert "0 of 11 requests failed, none went to green" == facts(few)[-1]
    torn = replace(few, complete=False)
    assert "0 of 11 requests failed, none went to green, some seconds were not counted" == facts(torn)[-1]


def test_the_old_slot_is_named_with_its_release():
    assert f"blue ({OLD.version})" == old(a_deployment())
    assert "blue" == old(a_deployment(previous=None))
