"""The sentences that people read."""

from dataclasses import replace
from math import log

import pytest

from tests.unit.core.judging.seconds import BARE, approved, before, said, seconds, timed, told_share
from verdigris.core.judging.counts import Arm, Counts, Route
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.telling import odds, percent


def test_errors_with_how_many_times_what_was_counted_how_sure_and_what_of():
    assert (
        "Green fails at least 4 times as often as blue (99 % at any time; allowed 1.25x + 0.05 pp). 23 of 2,612 "
        "green requests failed, 16 of 23,168 blue. Evidence 181:1, limit 100:1, reached 25 s after exposure. "
        "Mostly: errors (100 %)."
    ) == said(seconds(1, 60, live=0.001, candidate=0.01, share=0.1))


def test_a_slot_in_which_everything_fails():
    words = said([Counts(t, Arm(20, 0), Arm(20, 20)) for t in range(12)])
    assert "Green fails" in words
    assert "160 of 160 green requests failed, 0 of 160 blue." in words


def test_latency_with_both_edges_and_users_with_both_rates():
    slower = said(timed(1, 100, lambda dice: 1.3))
    assert "Green is slower than blue: " in slower
    assert "% are allowed)" in slower
    assert "Mostly: latency (" in slower
    worse = said(approved(1, 200, 0.05, 0.07))
    assert "Users fare worse in green: " in worse
    assert "(allowed 1 pp more)" in worse


ITEMS, ORDERS, FEW = (
    Route("GET /items", 20, 20, 970, 970),
    Route("POST /orders", 4, 0, 20, 20),
    Route("GET /new", 0, 0, 10, 10),
)


def by_route(*routes, many=60):
    live = Arm(sum(one.live for one in routes), sum(one.live_errors for one in routes))
    candidate = Arm(sum(one.candidate for one in routes), sum(one.candidate_errors for one in routes))
    return [Counts(t, live, candidate, share=0.5, routes=routes) for t in range(many)]


def test_a_route_with_how_many_times_and_what_was_counted_there():
    words = said(by_route(ITEMS, ORDERS, FEW))
    assert words.startswith("POST /orders fails at least ")
    assert "times as often in green as in blue (99 % at any time; allowed 1.25x + 0.05 pp): " in words
    assert "44 of 220 requests of green failed there, 0 of 220 of blue. " in words
    assert "Mostly: errors by route (100 %)." in words


def test_routes_are_named_where_the_whole_was_found_first():
    mostly_whole = replace(BARE, weights=((Metric.ERRORS, 0.9), (Metric.ROUTES, 0.1)))
    words = said(by_route(ITEMS._replace(candidate_errors=0, live_errors=0), ORDERS, FEW), mostly_whole)
    assert words.startswith("Green fails at least ")
    assert "Worst: POST /orders (" in words
    assert "requests of green failed there, 0 of " in words


def test_what_is_on_no_list_is_the_rest():
    known = Counts(
        -1,
        Arm(990),
        Arm(),
        routes=(ITEMS._replace(candidate=0, candidate_errors=0), FEW._replace(candidate=0)),
    )
    others = [
        replace(c, routes=(ITEMS, FEW, ORDERS._replace(name=f"POST /{c.at}")))
        for c in by_route(ITEMS, ORDERS, FEW)
    ]
    assert said([known, *others]).startswith("The rest of the routes fails at least ")


def test_what_was_not_found_by_comparing_says_so():
    history = list(before(1, 300, live=0.001))
    words = said([*history, *seconds(2, 30, begin_at=300, share=0.999, live=0.001, candidate=0.02)])
    assert "what blue showed before allows 0." in words
    assert "not found by comparing" in words
    own = said(seconds(1, 20, live=0.001, candidate=0.3), Settings(slo_errors=0.02, slo_p99=300.0))
    assert "Green breaks its own limit (2 % errors or 300 ms for 99 % of the requests)" in own


def test_inconclusive_names_the_smallest_regression_that_would_have_been_found():
    words = said(seconds(1, 20, share=0.05, live=0.01, candidate=0.01))
    assert "No regression of green was found, and none is ruled out." in words
    assert "The smallest that would have been found (95 %): an error rate of " in words
    assert " times that of blue." in words


def test_inconclusive_for_want_of_requests_says_that():
    assert (
        "No regression would have been found for sure (95 %), however bad: it takes more requests, or time."
        in said([Counts(t, Arm(1), Arm(1)) for t in range(9)])
    )
    assert "Nobody was served by blue meanwhile, so the two were not compared." in said(
        [Counts(t, Arm(), Arm(9)) for t in range(9)]
    )
    assert "Nobody was served by blue after the grace of 5 s, so the two were not compared." in said(
        [Counts(t, Arm(9 if t < 5 else 0), Arm(9)) for t in range(9)], Settings(grace=5)
    )
    assert "Nothing was compared: a cold start is forgiven for 30 s." in said(
        [Counts(t, Arm(9), Arm(9)) for t in range(9)], Settings()
    )
    assert "Green has had no requests: there is nothing to compare." == said(before(1, 9))


def test_no_harm_and_invalid():
    assert "Green is proven to fail less than 2 times as often as blue + 0.1 pp (95 % at any time)." in said(
        seconds(1, 300, live=0.001, candidate=0.001)
    )
    invalid = said(told_share(0.5, seconds(1, 60, share=0.4, live=0.001, candidate=0.001)))
    assert "The requests are not split as the router was told: " in invalid
    assert "nothing is concluded." in invalid


@pytest.mark.parametrize(
    ("e", "words"), [(184.4, "184:1"), (2.0, "2:1"), (0.0321, "0.032:1"), (12345.0, "12,345:1")]
)
def test_odds(e, words):
    assert words == odds(log(e))


def test_odds_beyond_imagination_and_percentages_that_say_something():
    assert "more than 1,000,000,000:1" == odds(1e6)
    assert ["2.1 %", "0.052 %", "12 %", "0 %"] == [percent(p) for p in (0.02071, 0.000517, 0.123, 0.0)]
