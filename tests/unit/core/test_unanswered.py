"""Requests that a drill sent to the old slot and that do not come back; the dialogues are those of the drill."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import T0, UNSEEN, a_deployment, a_policy, a_routing, a_stage, a_tally, routed
from verdigris.core.conditions import HANGING
from verdigris.core.deployment import Drill, Lasted, Outcome
from verdigris.core.unanswered import HANGING_FOR, LINGER, awaited, hanging, hangs, left, silent, too_many
from verdigris.core.world import Known, PerSlot, Second, Weights

DRILL = Drill(10, "ada", T0 - 10.0, inside=0)
HOME = replace(DRILL, turned=T0 - 3.0, home=T0 - 2.0)
SHARED = routed(a_routing(Weights(10, 90)), at=T0 - 10.0)
D = a_deployment("stabilize", drill=DRILL, routed=SHARED)


def world(inside=0, blue=None, green=None, seconds=20):
    """So many requests inside blue, and the same tallies in every second."""
    both = PerSlot(blue or a_tally(0), green or a_tally(90))
    counted = tuple(Second(T0 - seconds + n, both) for n in range(seconds))
    seen = a_stage("stabilize").world()
    count = inside if inside is UNSEEN else Known(inside, T0)
    router = replace(seen.router, in_flight=PerSlot(count, Known(0, T0)))
    return replace(seen, now=T0, signals=Known(counted, T0), router=router)


@pytest.mark.parametrize(
    ("inside", "before", "expected"),
    [(0, 0, 0), (7, 0, 7), (7, 3, 4), (3, 7, 0), (0, None, 0), (7, None, None), (UNSEEN, 0, None)],
)
def test_what_is_inside_less_what_was_before_is_the_drills(inside, before, expected):
    assert expected == left(D, replace(DRILL, inside=before), world(inside))


@pytest.mark.parametrize(
    ("inside", "answered", "expected"), [(100, 0, True), (100, 15, True), (100, 20, False), (19, 0, False)]
)
def test_more_inside_than_came_out_in_five_seconds_is_hanging(inside, answered, expected):
    assert expected is hangs(D, DRILL, world(inside, a_tally(answered)), a_policy())


def test_it_is_not_called_hanging_before_five_seconds_have_been_counted():
    assert not hangs(D, replace(DRILL, began=T0 - 4.0), world(100), a_policy())


def test_what_nobody_can_count_neither_hangs_nor_does_not():
    assert None is hangs(D, DRILL, world(UNSEEN), a_policy())


def test_a_crowd_for_a_moment_is_not_called_hanging():
    for seconds, said in ((HANGING_FOR - 0.1, False), (HANGING_FOR, True)):
        d = replace(D, evidence=(Lasted(HANGING, seconds, T0),))
        assert said is bool(hanging(d, DRILL, world(100)))


@pytest.mark.parametrize("green", [a_tally(90, milliseconds=9000.0), a_tally(0)])
def test_where_requests_last_or_nothing_is_known_of_them_nothing_is_called_hanging(green):
    assert not hangs(D, DRILL, world(100, green=green), a_policy())


@pytest.mark.parametrize(
    ("inside", "blue", "said"), [(2, None, True), (0, None, False), (2, a_tally(9), False)]
)
def test_a_slot_that_has_requests_and_answered_none_is_silent(inside, blue, said):
    assert said is bool(silent(D, DRILL, world(inside, blue)))


def test_requests_that_stayed_behind_are_waited_for_as_long_as_a_drain_or_the_routers_patience():
    for drain, rest in ((20.0, "18 s"), (300.0, "63 s")):
        waiting = awaited(D, HOME, world(7), a_policy(drain=drain))
        assert f"7 requests to come back from blue, at most {rest} more" == waiting.sentence
    assert None is awaited(D, HOME, world(7), a_policy(drain=2.0))
    assert None is awaited(D, replace(HOME, home=T0 - LINGER), world(7), a_policy(drain=300.0))


def test_nobody_is_waited_for_when_all_are_back_or_when_it_says_nothing_anyway():
    assert None is awaited(D, HOME, world(0), a_policy())
    assert None is awaited(D, replace(HOME, outcome=Outcome.BROKEN_OFF), world(7), a_policy())
    assert None is awaited(D, DRILL, world(7), a_policy())


def test_a_count_that_is_not_known_is_waited_for_too():
    waiting = awaited(D, HOME, world(UNSEEN), a_policy())
    assert waiting.unknown and "a count of the requests inside blue, at most 3 s more" == waiting.sentence


@pytest.mark.parametrize(
    ("unanswered", "blue", "green", "said"),
    [
        (0, a_tally(100, 50), None, ""),
        (1, a_tally(200), None, ""),
        (9, a_tally(200), None, "9 of 209 requests to blue did not come back"),
        (0, a_tally(209, timeouts=9), None, "9 of 209 requests to blue did not come back"),
        (9, a_tally(200), a_tally(90, 45), ""),
        (2, a_tally(5, own=5), None, "2 of 2 requests to blue did not come back"),
        (2, a_tally(8, own=5), None, ""),
    ],
    ids=["nothing late", "few", "many", "timed out", "both fail", "no user was answered", "some were"],
)
def test_how_many_did_not_come_back_decides(unanswered, blue, green, said):
    seconds = (Second(T0 - 1.0, PerSlot(blue, green or a_tally(90))),)
    assert said == too_many(D, world(), a_policy(), seconds, unanswered)
