"""Errors by route: which are judged, what of, and that it adds up as it must."""

from dataclasses import replace
from math import log

import pytest

from tests.unit.core.judging.seconds import BARE, told
from verdigris.core.judging.by_route import KEPT, MOST, OTHER, by_route, fixed, known, worst
from verdigris.core.judging.counts import Arm, Counts, Route
from verdigris.core.judging.finding import Kind, find
from verdigris.core.judging.settings import Metric, Settings

RULE = BARE.dispersions_route(1.0)
LOGIN, ORDERS, ITEMS = "POST /login", "POST /orders/{id}", "GET /items"
CALM = (Route(ITEMS, 0, 0, 500, 500), Route(ORDERS, 0, 0, 10, 10))


def live(name, requests):
    return Route(name, 0, 0, 0, requests)


def a_second(at, *routes, share=0.5):
    b = Arm(sum(r.live for r in routes), sum(r.live_errors for r in routes))
    g = Arm(sum(r.candidate for r in routes), sum(r.candidate_errors for r in routes))
    return Counts(at, b, g, share=share or None, routes=routes)


def before(many=60):
    return [a_second(t - many, live(ITEMS, 1000), live(ORDERS, 20), share=0.0) for t in range(many)]


def orders_fail(many, at=0):
    return [a_second(at + t, CALM[0], Route(ORDERS, 4, 0, 10, 10)) for t in range(many)]


# --- which --------------------------------------------------------------------------------------------------------


def test_routes_are_fixed_at_exposure_by_what_live_was_asked_for():
    state = told([*before(), *orders_fail(1)])
    assert [ITEMS, ORDERS, OTHER] == [place.name for place in state.routes]
    assert () == state.base.routes


def test_without_a_time_before_they_are_fixed_when_the_grace_is_over():
    patient = Settings(grace=5)
    assert () == told(orders_fail(5), patient).routes
    state = told(orders_fail(6), patient)
    assert [ITEMS, ORDERS, OTHER] == [place.name for place in state.routes]
    assert Metric.ROUTES in dict(state.weights)


def test_how_requests_ended_is_nothing_that_chooses_a_route():
    failing = [Route(f"GET /{i:03}", 0, 9, 0, 10) for i in range(60)]
    fine = [one._replace(live_errors=0) for one in failing]
    assert known((), failing) == known((), fine)


def test_the_fifty_largest_are_judged_by_themselves():
    places = fixed(known((), [live(f"GET /{i}", 1000 - i) for i in range(80)]), RULE, BARE)
    assert {f"GET /{i}" for i in range(MOST)} | {OTHER} == {place.name for place in places}


def test_no_more_than_a_hundred_are_counted_and_a_large_one_is_never_pushed_out():
    found = ()
    for t in range(50):
        small = [live(f"GET /{t}/{i}", 1) for i in range(40)]
        found = known(found, [live("GET /large", 100), *small])
    assert KEPT == len(found)
    assert 5000 == dict(found)["GET /large"]


def test_one_route_is_the_whole_and_costs_nothing():
    alone = [a_second(t, Route(ITEMS, 0, 0, 500, 500)) for t in range(3)]
    assert {Metric.ERRORS: 0.35} == dict(told(alone).weights)


def test_what_is_staked_on_routes_is_taken_from_errors():
    weights = dict(told([*before(), *orders_fail(1)]).weights)
    assert 0.35 == pytest.approx(weights[Metric.ERRORS] + weights[Metric.ROUTES])
    named = replace(BARE, weights=((Metric.ERRORS, 0.5), (Metric.ROUTES, 0.5)))
    assert {Metric.ERRORS: 0.5, Metric.ROUTES: 0.5} == dict(told(orders_fail(1), named).weights)
    assert {Metric.ERRORS: 0.5} == dict(told([Counts(0, Arm(9), Arm(9))], named).weights)


def test_a_route_that_nobody_knew_is_one_of_the_others():
    state = told([*before(), *(a_second(t, *CALM, Route(LOGIN, 0, 0, 30, 30)) for t in range(5))])
    assert {ITEMS: 2500, ORDERS: 50, OTHER: 150} == {place.name: place.seen[2] for place in state.routes}


# --- what it finds ------------------------------------------------------------------------------------------------


def test_a_route_of_2_percent_is_found_and_named():
    state = told([*before(), *orders_fail(40)])
    found = find(state, BARE)
    assert (Kind.REGRESSED, ORDERS) == (found.kind, found.routes[0].name)
    place = found.routes[0]
    assert (place.failed[0] * 10, 0) == (place.requests[0] * 4, place.failed[1])
    assert place.at_least > 1.0


def test_where_the_share_was_changed_nothing_is_said_of_how_many_times():
    alone = replace(BARE, weights=((Metric.ROUTES, 1.0),), min_bad_seconds=20)
    tenth = [replace(one, share=0.1) for one in orders_fail(8, at=8)]
    found = find(told([*before(), *orders_fail(8), *tenth, *orders_fail(40, at=16)], alone), alone)
    assert (Kind.REGRESSED, ORDERS, 0.0) == (found.kind, found.routes[0].name, found.routes[0].at_least)


def test_three_are_named_at_most():
    names = [f"GET /{i}" for i in range(6)]
    history = [a_second(-1, *(live(name, 100) for name in names), share=0.0)]
    bad = [a_second(t, *(Route(name, 40, 0, 100, 100) for name in names)) for t in range(60)]
    assert 3 == len(find(told([*history, *bad]), BARE).routes)


def test_before_any_route_surely_is_the_one_that_most_of_it_came_from_is_named():
    one, two, *rest = [
        place._replace(seen=(0, 0, 100, 100)) for place in told([*before(), *orders_fail(1)]).routes
    ]
    likely = one._replace(ln_e=3.0, seen=(30, 0, 100, 100))
    assert (likely,) == worst([likely, two._replace(ln_e=1.0, seen=(9, 0, 100, 100)), *rest], 0.01)
    assert () == worst([likely, two._replace(ln_e=2.9, seen=(40, 0, 100, 100)), *rest], 0.01)
    assert () == worst([likely._replace(ln_e=1.0), two, *rest], 0.01)


# --- that it adds up ----------------------------------------------------------------------------------------------


def test_without_evidence_in_any_route_it_is_none():
    state = told([*before(), *(a_second(t, *CALM) for t in range(3))])
    assert by_route(state.routes) <= 0.0
    assert 0.0 == by_route(())
    assert () == worst(state.routes, 0.01)


def test_each_route_has_an_even_part_of_the_stake():
    state = told([*before(), *orders_fail(15)])
    highest = max(place.ln_e for place in state.routes)
    assert log(1 / 3) + highest <= by_route(state.routes) <= log(1 / 3) + highest + 0.1


def test_seconds_in_which_a_route_has_no_requests_neither_add_nor_take():
    """What begins in them is worth its stake, and is bet when there is something to bet on."""
    paused = [a_second(t, Route(ITEMS, 0, 0, 500, 500)) for t in range(5, 25)]
    state = told([*before(), *orders_fail(5)])
    after = told(paused, state=state)
    assert [p for p in state.routes if p.name == ORDERS] == [p for p in after.routes if p.name == ORDERS]
    place = next(p for p in told(orders_fail(1, at=25), state=after).routes if p.name == ORDERS)
    assert 26 == place.process.tick


def test_all_errors_together_say_how_clumped_those_of_a_route_are_at_least():
    clumps = [
        a_second(t, Route(ITEMS, 0, 40 * (t % 4 == 0), 0, 1000), live(ORDERS, 20), share=0.0)
        for t in range(-100, 0)
    ]
    learned = replace(BARE, learned=True)
    state = told([*clumps, *orders_fail(3)], learned)
    assert {state.base.dispersion.phi} == {place.batch.phi for place in state.routes if place.seen[2]}
    assert state.base.dispersion.phi > 10.0


def test_counts_by_route_that_cannot_be_true_are_refused():
    with pytest.raises(ValueError, match="of 3 and 0 requests of GET /items cannot have failed 4 and 0"):
        Counts(0, Arm(9), Arm(9), routes=(Route(ITEMS, 4, 0, 3, 0),))
