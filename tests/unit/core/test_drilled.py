"""What is remembered of a drill, and how it is said."""

from dataclasses import replace

from tests.unit.core.worlds import BLUE, GREEN, OLD, T0, UNSEEN, a_deployment, a_policy, a_stage, a_tally
from verdigris.core.deployment import Drill, Drilled, Outcome
from verdigris.core.drilled import cut_off, facts, finish, headline, old, recorded
from verdigris.core.world import Known, PerSlot, Second

DRILL = Drill(
    *(100, "ada", T0 - 6.5),
    there=0.043,
    turned=T0 - 3.0,
    back=0.041,
    home=T0 - 2.9,
    inside=0,
    over=T0 - 2.5,
)
POLICY = a_policy()


def world(seconds: range, **changes):
    """So many requests in each second, of which two fail in blue."""
    both = PerSlot(a_tally(100, 2, own=1, asked=2), a_tally(10))
    counted = tuple(Second(T0 - 10 + n, both, **changes) for n in seconds)
    stage = a_stage("stabilize")
    return replace(stage.world(), now=T0, wall=5000.0, signals=Known(counted, T0))


def test_the_record_has_times_and_the_requests_of_every_second_that_the_drill_had_a_part_in():
    d, (note,) = finish(a_deployment("stabilize", drill=DRILL), DRILL, world(range(10)), POLICY)
    assert d.drill is None
    assert (
        Drilled(
            *(100, BLUE, "1.0", "ada", 5000.0, 0.043, 0.041, PerSlot(500, 50), PerSlot(10, 0)),
            deployment="d-2",
            users=495,
            own=15,
            unanswered=0,
        )
        == d.drilled
    )
    assert (
        "the way back works: 100 % to blue (1.0), there in 43 ms, back in 41 ms, 10 of 550 requests failed, "
        "judged by 495 requests of users and 15 of our own in blue" == note.sentence
    )
    assert "blue: 10 of 500 failed; green: 0 of 50 failed" == note.evidence


def test_seconds_that_are_missing_or_torn_are_said_to_be():
    for counted in (world(range(8, 10)), world(range(10), lost=True)):
        d, (note,) = finish(a_deployment("stabilize", drill=DRILL), DRILL, counted, POLICY)
        assert not d.drilled.complete
        assert "requests failed, some seconds were not counted, judged by" in note.sentence


def test_a_failed_one_is_remembered_with_what_was_seen():
    failed = replace(DRILL, outcome=Outcome.FAILED, why="blue fails", there=None)
    d, (note,) = finish(a_deployment("stabilize", drill=failed), failed, world(range(10)), POLICY)
    assert "blue fails" == d.drilled.trouble
    assert note.sentence.startswith("the way back does not work: 100 % to blue (1.0), never there")
    assert note.evidence.startswith("blue fails; blue: 10 of 500")


def test_one_that_was_broken_off_leaves_what_was_known():
    before = Drilled(10, BLUE, "1.0", "ada", 1.0, 0.1, 0.1, PerSlot(1, 1), PerSlot(0, 0))
    broken = replace(DRILL, outcome=Outcome.BROKEN_OFF, why="held because it smells")
    d, (note,) = finish(
        a_deployment("stabilize", drill=broken, drilled=before), broken, world(range(10)), POLICY
    )
    assert before == d.drilled
    assert "broken off, traffic is on green: held because it smells" == note.sentence


def test_the_facts_are_a_few_words_each():
    record = Drilled(10, GREEN, "2.0", "ada", 1.0, 1.44, None, PerSlot(1000, 234), PerSlot(0, 0))
    assert ("10 % to green (2.0)", "there in 1.4 s", "not home yet", "0 of 1,234 requests failed") == facts(
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


# --- requests that do not come back, and whose they were --------------------------------------------------------


def looked(inside, **changes):
    """The world of the record, with so many requests inside the old slot."""
    seen = world(range(10), **changes)
    return replace(seen, router=replace(seen.router, in_flight=PerSlot(inside, Known(0, T0))))


def test_what_never_came_back_is_counted_as_failed():
    record = recorded(a_deployment("stabilize"), DRILL, looked(Known(7, T0)))
    assert (7, 507, 17, 502) == (
        *(record.unanswered, record.requests[BLUE], record.failed[BLUE]),
        record.users,
    )
    assert "17 of 557 requests failed, 7 of them never came back from blue" == facts(record)[3]


def test_what_came_back_after_traffic_was_home_is_counted_where_it_was_sent_to_and_nowhere_else():
    record = recorded(a_deployment("stabilize"), replace(DRILL, over=T0 - 0.5), looked(Known(0, T0)))
    assert (700, 50) == (record.requests[BLUE], record.requests[GREEN])


def test_that_nobody_could_see_whether_all_came_back_is_said():
    record = recorded(a_deployment("stabilize"), DRILL, looked(UNSEEN))
    assert None is record.unanswered
    assert facts(record)[3].endswith(", nobody could see whether all came back from blue")


def test_while_it_is_not_over_what_is_inside_is_still_awaited():
    record = recorded(
        a_deployment("stabilize"), replace(DRILL, back=None, home=None, over=None), looked(UNSEEN)
    )
    assert (None, 14) == (record.unanswered, record.failed[BLUE])
    assert ("not home yet", "14 of 770 requests failed") == facts(record)[2:4]


def test_that_only_our_own_requests_were_answered_is_said_first():
    alone = Drilled(10, BLUE, "1.0", "ada", 1.0, 0.1, 0.1, PerSlot(1, 9), PerSlot(0, 0), users=0, own=12)
    assert "the way back works, by our own requests alone" == headline(alone)
    assert "judged by 0 requests of users and 12 of our own in blue" == facts(alone)[-1]
    assert "the way back works" == headline(replace(alone, users=1))
    assert "the way back does not work" == headline(replace(alone, trouble="blue fails"))


# --- one that is cut off ----------------------------------------------------------------------------------------


def test_one_that_failed_is_remembered_with_what_cut_it_off():
    failed = replace(DRILL, outcome=Outcome.FAILED, why="blue fails", back=None, home=None, over=None)
    before = a_deployment("stabilize", drill=failed)
    found = replace(before, drilled=recorded(before, failed, world(range(10))))
    d, (note,) = cut_off(found, "superseded by d-3")
    assert (None, "superseded by d-3", "blue fails") == (d.drill, d.drilled.cut_off, d.drilled.trouble)
    assert (
        "the way back does not work: blue fails; cut off before it was home: superseded by d-3"
        == note.sentence
    )
    assert "cut off before it was home (superseded by d-3)" == facts(d.drilled)[2]


def test_one_that_went_well_says_nothing_when_it_is_cut_off():
    earlier = Drilled(10, BLUE, "1.0", "ada", 1.0, 0.1, 0.1, PerSlot(1, 1), PerSlot(0, 0))
    d, (note,) = cut_off(a_deployment("stabilize", drill=DRILL, drilled=earlier), "it goes on to restore")
    assert (None, earlier, "broken off: it goes on to restore") == (d.drill, d.drilled, note.sentence)


def test_where_no_drill_is_under_way_nothing_is_cut_off():
    d = a_deployment("stabilize")
    assert (d, ()) == cut_off(d, "it goes on to restore")
