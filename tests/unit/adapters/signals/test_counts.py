"""What counts as what."""

import pytest

from verdigris.adapters.signals.counts import Counts
from verdigris.adapters.signals.lines import Line
from verdigris.core.tallies import bin_of
from verdigris.core.world import Slot, Tally


def line(status=200, state=b"--", chosen=Slot.GREEN, slot=Slot.GREEN, latency=5, retries=0, **more):
    return Line(
        b"api", 0.0, chosen, slot, status, state, latency, retries, more.pop("preview", False), **more
    )


def second_of(*lines):
    counts = Counts()
    for one in lines:
        counts.add(one, 7)
    return counts.second(7, False)


def counted(*lines, slot=Slot.GREEN):
    return second_of(*lines).slots[slot]


def routes_of(*lines):
    """By name: requests and failures in blue and in green."""
    return {
        route.name: (route.requests.blue, route.requests.green, route.failures.blue, route.failures.green)
        for route in second_of(*lines).routes
    }


def summary(tally):
    return (tally.requests, tally.errors, tally.refused, tally.unreached, tally.timeouts)


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (line(200), (1, 0, 0, 0, 0)),
        (line(404), (1, 0, 1, 0, 0)),
        (line(500), (1, 1, 0, 0, 0)),
        (line(502, b"PH"), (1, 1, 0, 0, 0)),
        (line(502, b"SH"), (1, 0, 0, 1, 0)),
        (line(200, b"SD"), (1, 0, 0, 1, 0)),
        (line(503, b"SC", slot=None), (1, 0, 0, 1, 0)),
        (line(503, b"sC"), (1, 0, 0, 1, 0)),
        (line(504, b"sH"), (1, 0, 0, 0, 1)),
        (line(200, b"sD"), (1, 0, 0, 0, 1)),
        (line(503, b"D-"), (1, 0, 0, 1, 0)),
        (line(-1, b"CH"), (1, 0, 0, 0, 0)),
        (line(200, b"CD"), (1, 0, 0, 0, 0)),
        (line(101, b"SD"), (1, 0, 0, 0, 0)),
        (line(200, preview=True), (0, 0, 0, 0, 0)),
        (line(400, b"PR", chosen=None, slot=None), (0, 0, 0, 0, 0)),
    ],
)
def test_how_a_request_ended_decides_what_it_counts_as(ended, expected):
    assert expected == summary(counted(ended))


def test_our_own_requests_are_told_from_those_of_users():
    tally = counted(line(), line(own=True), line(preview=True), line(503, b"SC", preview=True))
    assert (2, 1, 2, 0) == (tally.requests, tally.own, tally.asked, tally.streak)


def test_attempts_that_reached_nobody_count_for_the_slot_they_were_meant_for():
    redispatched = line(slot=Slot.BLUE, retries=2)
    assert (2, 0, 0, 2, 0) == summary(counted(redispatched))
    assert (1, 0, 0, 0, 0) == summary(counted(redispatched, slot=Slot.BLUE))
    assert (2, 0) == (counted(redispatched).again, counted(redispatched, slot=Slot.BLUE).again)
    assert 0 == counted(line(slot=Slot.BLUE, retries=2, own=True)).again


def test_answers_have_a_latency_and_what_never_came_has_none():
    tally = counted(line(latency=5), line(500, latency=300), line(503, b"SC", latency=9, slot=None))
    assert 2 == sum(tally.latency)
    assert (1, 1) == (tally.latency[bin_of(5)], tally.latency[bin_of(300)])


def test_a_streak_runs_over_seconds_and_silence_and_ends_with_a_success():
    counts = Counts()
    for second, status in ((1, 500), (1, 500), (2, 500)):
        counts.add(line(status), second)
    assert [2, 3, 3] == [counts.second(at, False).slots.green.streak for at in (1, 2, 3)]
    counts.add(line(200), 4)
    assert [2, 3, 3, 0, 0] == [counts.second(at, False).slots.green.streak for at in (1, 2, 3, 4, 5)]
    assert 0 == counts.second(2, False).slots.blue.streak


def test_what_was_given_up_without_a_word_failed():
    counts = Counts()
    counts.add(line(), 7)
    counts.lose(Slot.GREEN, 7, 3)
    assert (4, 0, 0, 3, 0) == summary(counts.second(7, False).slots.green)
    assert (0, 0, 0, 0, 0) == summary(counts.second(7, False).slots.blue)


def test_what_is_found_late_changes_a_second_that_was_told():
    counts = Counts()
    counts.add(line(), 7)
    assert 0 == counts.second(7, False).slots.green.unreached
    counts.lose(Slot.GREEN, 7, 1)
    assert 1 == counts.second(7, False).slots.green.unreached


def test_losses_are_a_run_of_failures_where_nobody_was_served_since_the_second_before():
    counts = Counts()
    counts.add(line(), 5)
    counts.lose(Slot.GREEN, 7, 20)
    counts.add(line(500), 8)
    counts.lose(Slot.GREEN, 7, 2)
    assert [0, 22, 23] == [counts.second(at, False).slots.green.streak for at in (6, 7, 8)]


@pytest.mark.parametrize("served_in", [6, 7, 8])
def test_losses_beside_requests_that_went_well_are_no_run(served_in):
    """Nobody knows which of them came first."""
    counts = Counts()
    counts.add(line(), served_in)
    counts.lose(Slot.GREEN, 7, 20)
    counts.add(line(500), 9)
    assert 1 == counts.second(9, False).slots.green.streak


def test_a_client_that_gave_up_may_have_been_served():
    counts = Counts()
    counts.add(line(-1, b"CH"), 7)
    counts.lose(Slot.GREEN, 7, 20)
    assert 0 == counts.second(7, False).slots.green.streak


def test_a_second_without_requests_is_a_count_of_none():
    assert Tally() == counted()


def test_how_long_our_own_requests_took_is_left_out_and_how_many_of_them_failed_is_told_apart():
    tally = counted(
        line(own=True, latency=900), line(503, b"SC", own=True, retries=2), line(500), line(latency=3)
    )
    assert (6, 4, 3, 4) == (tally.requests, tally.own, tally.own_failed, tally.failures)
    assert (2, 1, 1) == (sum(tally.latency), tally.latency[bin_of(3)], tally.latency[bin_of(5)])


def test_a_histogram_ends_with_its_slowest_request():
    assert bin_of(40) + 1 == len(counted(line(latency=7), line(latency=40)).latency)
    assert (99, 98) == (bin_of(100), bin_of(99))


def test_old_seconds_are_forgotten():
    counts = Counts()
    counts.add(line(), 1)
    counts.forget_before(2)
    assert 0 == counts.second(1, False).slots.green.requests


ORDER = {"asked": b"GET /orders/17"}


def test_requests_of_users_are_told_by_route_and_those_of_ours_are_not():
    lines = (
        line(**ORDER),
        line(500, **ORDER),
        line(own=True, **ORDER),
        line(preview=True, **ORDER),
        line(asked=b"POST /orders"),
    )
    assert {"GET /orders/{id}": (0, 2, 0, 1), "POST /orders": (0, 1, 0, 0)} == routes_of(*lines)


def test_a_route_is_told_for_the_slot_that_answered_and_failed_attempts_for_the_one_that_was_meant():
    assert {"GET /orders/{id}": (1, 2, 0, 2)} == routes_of(line(slot=Slot.BLUE, retries=2, **ORDER))


def test_a_client_that_gives_up_is_no_failure_of_its_route():
    assert {"GET /orders/{id}": (0, 2, 0, 1)} == routes_of(
        line(200, b"CD", **ORDER), line(504, b"sH", **ORDER)
    )


def test_the_routes_of_a_second_are_all_of_its_requests_but_ours():
    """What left no line has no route, and counts with the rest."""
    counts = Counts()
    for status, state, retries in ((200, b"--", 0), (500, b"--", 1), (502, b"SH", 0), (-1, b"CH", 0)):
        counts.add(line(status, state, retries=retries, asked=b"GET /%d" % status), 7)
    counts.add(line(503, b"SC", own=True, retries=2), 7)
    counts.lose(Slot.GREEN, 7, 3)
    told = counts.second(7, False)
    green = told.slots.green
    assert green.requests - green.own == sum(route.requests.green for route in told.routes)
    assert green.failures - green.own_failed == sum(route.failures.green for route in told.routes)
    assert 3 == next(route.failures.green for route in told.routes if route.name == "other")


def test_a_second_that_was_told_by_route_is_told_without_when_it_is_older():
    counts = Counts()
    counts.add(line(**ORDER), 7)
    assert [1, 0, 1] == [
        len(counts.second(7, False).routes),
        len(counts.second(7, False, routed=False).routes),
        counts.second(7, False).slots.green.requests,
    ]


def outcomes(tally):
    return (tally.good, tally.bad)


def test_what_users_got_is_counted_where_the_application_says_it_and_our_own_requests_say_nothing():
    said = [line(good=True)] * 3 + [line(good=False), line(404, good=False), line()]
    ours = [line(own=True, good=True), line(preview=True, good=False)]
    told = second_of(*said, *ours).slots
    assert ((3, 2), (None, None)) == (outcomes(told.green), outcomes(told.blue))
    assert (None, None) == outcomes(counted(*ours))


def test_while_somebody_says_what_users_got_a_second_without_a_word_is_a_count_of_none():
    counts = Counts()
    counts.add(line(), 5)
    assert (None, None) == outcomes(counts.second(5, False).slots.green)
    counts.add(line(good=True), 7)
    told = {at: outcomes(counts.second(at, False).slots.green) for at in (5, 6, 7)}
    assert {5: (0, 0), 6: (0, 0), 7: (1, 0)} == told
    counts.add(line(), 190)
    counts.forget_before(8)
    assert (None, None) == outcomes(counts.second(190, False).slots.green)


def test_an_outcome_counts_for_the_slot_that_answered():
    told = second_of(line(slot=Slot.BLUE, retries=1, good=False)).slots
    assert ((0, 1), (None, None)) == (outcomes(told.blue), outcomes(told.green))
