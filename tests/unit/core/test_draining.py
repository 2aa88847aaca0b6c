"""Applications that speak of themselves: their counts beside the router's, sent away and asked back in time."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import BLUE, GREEN, RAMP, UNSEEN, a_stage
from verdigris.core.conditions import quiet
from verdigris.core.draining import heard, lasting, requests_in
from verdigris.core.safety import Kind
from verdigris.core.streams import remaining
from verdigris.core.world import Known, Said, Verb, Weights


def says(stage, slot, requests=0, streams=0, leaving=False, age=0.0):
    """Every instance of the slot says this of itself, all of it counted in the first."""
    seen = stage.slots[slot].value
    said = [Said(leaving, requests if n == 0 else 0, streams if n == 0 else 0) for n in range(9)]
    bodies = (replace(i, says=Known(s, stage.now - age)) for i, s in zip(seen.instances, said, strict=False))
    stage.slots[slot] = Known(replace(seen, instances=tuple(bodies)), stage.now)
    return stage


def asked(decision):
    return [(a.kind, a.slot) for a in decision.actions if a.kind in (Kind.DRAIN, Kind.RESUME)]


def done(stage, looks=1, slot=BLUE, leaving=False):
    """What was asked in as many looks, of a slot that says this each time."""
    found = []
    for _ in range(looks):
        says(stage, slot, leaving=leaving, age=-1.0)
        found += asked(stage.look())
    return found


# --- what is inside -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("router", "streams", "requests", "own_streams", "expected"),
    [
        (0, 0, 3, 0, 3),
        (5, 0, 3, 0, 5),
        (0, 2, 2, 0, 0),  # it takes what lasts for requests
        (1, 2, 3, 2, 3),
        (0, 9, 3, 2, 0),
    ],
)
def test_the_larger_of_two_counts_is_what_is_inside(router, streams, requests, own_streams, expected):
    stage = says(a_stage("bake"), BLUE, requests, own_streams)
    stage.in_flight[BLUE], stage.streams[BLUE] = Known(router, stage.now), Known(streams, stage.now)
    assert expected == requests_in(BLUE, stage.world(), stage.p).value
    assert max(streams, own_streams) == lasting(BLUE, stage.world(), stage.p).value


def test_an_unknown_count_of_the_router_stays_unknown_whatever_the_application_says():
    stage = says(a_stage("bake"), BLUE, 0, 0)
    stage.in_flight[BLUE] = stage.streams[BLUE] = UNSEEN
    assert (UNSEEN, UNSEEN) == (
        requests_in(BLUE, stage.world(), stage.p),
        lasting(BLUE, stage.world(), stage.p),
    )


def test_without_a_word_of_the_application_the_routers_count_is_all_there_is():
    stage = a_stage("bake")
    stage.in_flight[BLUE] = Known(4, stage.now)
    assert 4 == requests_in(BLUE, stage.world(), stage.p).value


def test_what_was_said_too_long_ago_is_not_heard():
    stage = says(a_stage("bake"), BLUE, 7, age=5.1)
    assert () == heard(BLUE, stage.world(), stage.p)


def test_a_slot_is_not_quiet_while_its_application_still_works():
    stage = says(a_stage("bake"), BLUE, 2, 1)
    d = stage.d.forget("blue without weight")
    assert "2 requests in flight in blue" in quiet(d, BLUE, stage.world(), stage.p).sentence
    assert "1 long-lived connection on blue" in remaining(d, BLUE, stage.world(), stage.p).sentence


# --- sent away, and asked back --------------------------------------------------------------------------------


def test_the_old_slot_is_asked_once_when_all_traffic_has_left_it():
    stage = a_stage("cutover", ramp=RAMP)
    while stage.routing.weights[GREEN] < 100:
        assert [] == done(stage)
    assert (Kind.DRAIN, BLUE) in done(stage, 2)
    assert [] == done(stage, 5, leaving=True)


def test_who_says_nothing_is_not_asked():
    stage = a_stage("drain")
    assert [[], [], []] == [asked(stage.look()) for _ in range(3)]


@pytest.mark.parametrize("what", ["reading", "front"])
def test_nobody_is_sent_away_while_nobody_sees_where_the_traffic_is(what):
    stage = a_stage("bake")
    stage.show[what] = UNSEEN
    assert [] == done(stage, 3)


def test_a_candidate_that_never_had_traffic_is_left_alone():
    stage = a_stage("validate")
    assert [] == done(stage, slot=GREEN)


def test_on_the_way_back_the_old_slot_is_asked_back_in_the_look_that_sends_it_traffic():
    stage = says(a_stage("stabilize"), BLUE, leaving=True, age=-1.0)
    decision = stage.look(Verb.ROLLBACK)
    order = [a.kind for a in decision.actions if a.kind in (Kind.RESUME, Kind.ROUTE)]
    assert [Kind.RESUME, Kind.ROUTE] == order


def test_nothing_waits_for_who_does_not_come_back():
    stage = a_stage("stabilize")
    says(stage, BLUE, leaving=True, age=-1.0)
    stage.look(Verb.ROLLBACK)
    says(stage, BLUE, leaving=True, age=-1.0)
    stage.look()
    assert Weights(100, 0) == stage.routing.weights


def test_a_slot_that_the_router_turned_to_is_asked_back():
    stage = says(a_stage("stabilize"), BLUE, leaving=True, age=-1.0)
    stage.fell_back = BLUE
    assert (Kind.RESUME, BLUE) in asked(stage.look())


def test_a_drill_asks_back_before_and_sends_away_after_it():
    stage = says(a_stage("stabilize", stabilize=900.0), BLUE, leaving=True, age=-1.0)
    assert (Kind.RESUME, BLUE) in asked(stage.look(Verb.DRILL))
