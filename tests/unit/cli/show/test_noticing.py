"""What a plan says of what a deploy could notice, and could not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.show.plans import BARE, BUSY, QUIET, RAMP, SETTINGS, with_holdback, with_policy
from tests.unit.core.worlds import GREEN, UNSEEN, a_deployment, a_stage
from verdigris.cli.show.ink import plain
from verdigris.cli.show.noticing import traffic_of
from verdigris.cli.show.plan import plan_lines, planned
from verdigris.config.settings import Expected
from verdigris.core.policy import Step
from verdigris.ports import Snapshot


def test_every_blind_spot_names_the_key_that_would_end_it():
    blind = planned(BARE, a_deployment("succeeded")).blind
    for key in ("cutover.ramp", "bake.holdback", "bake.max_p99"):
        assert 1 == sum(f"({key})" in text for text in blind), key


def test_what_is_configured_is_no_blind_spot():
    health = replace(SETTINGS.health, body=(Expected(("status",), "ok"),))
    watched = replace(with_holdback(max_p99=0.2, grace=0.0), health=health)
    assert 1 == len(planned(watched, a_deployment("succeeded")).blind)


@pytest.mark.parametrize(("http2", "times"), [(True, 1), (False, 0)])
def test_the_status_of_a_grpc_call_is_not_seen(http2, times):
    settings = replace(SETTINGS, route=replace(SETTINGS.route, http2=http2))
    blind = planned(settings, a_deployment("succeeded")).blind
    assert times == sum("only what the application counts itself is judged" in text for text in blind)


def test_a_health_call_says_more_than_its_status():
    health = replace(SETTINGS.health, body=())
    by_http, by_grpc = (
        planned(replace(SETTINGS, health=replace(health, grpc=grpc)), None).blind for grpc in (None, "")
    )
    assert ["(health.body)" in text for text in by_http].count(True) == 1
    assert not any("(health.body)" in text for text in by_grpc)


def test_it_says_the_smallest_regression_that_would_be_found_in_the_traffic_of_now():
    plan = planned(with_policy(**RAMP), a_deployment("succeeded"), BUSY)
    assert plan.finds.startswith("an error rate of 0.")
    assert "times today's 0.1 %, in the 1,000/s that were seen last" in plan.finds
    assert "finds" in plain(plan_lines(plan, 100))


def test_it_says_when_no_regression_could_ever_be_found():
    plan = planned(with_policy(**RAMP), a_deployment("succeeded"), QUIET)
    assert "" == plan.finds
    assert "0.1/s that were seen last the judge could not find any regression, however bad" in plan.blind[-1]


@pytest.mark.parametrize("traffic", [None, BUSY])
def test_it_says_when_there_is_too_little_time_whatever_the_traffic(traffic):
    short = with_policy(ramp=(Step(10, 5.0), Step(50, 5.0), Step(100, 0.0)), holdback=0, grace=30.0)
    plan = planned(short, a_deployment("succeeded"), traffic)
    assert "" == plan.finds
    assert "both slots have too little time together after the grace of 30s" in plan.blind[-1]
    assert "judge.grace" in plan.blind[-1]


def test_where_nobody_looked_or_nobody_is_compared_nothing_is_foreseen():
    for settings, traffic in ((with_policy(**RAMP), None), (BARE, BUSY)):
        plan = planned(settings, a_deployment("succeeded"), traffic)
        assert ("", False) == (plan.finds, any("could not find any" in text for text in plan.blind))


def test_where_both_slots_serve_slowness_is_looked_at():
    assert not any(
        "slowness" in text for text in planned(with_policy(**RAMP), a_deployment("succeeded")).blind
    )


def test_traffic_is_what_users_sent():
    stage = a_stage("bake")
    stage.errors = {GREEN: 0.1}
    seen = Snapshot(0.0, stage.d, stage.p, stage.world(), "", None)
    found = traffic_of(seen)
    assert (100.0, True) == (found.rate, 0.0 < found.failing <= 0.1)
    assert traffic_of(None) is None
    assert traffic_of(replace(seen, world=replace(seen.world, signals=UNSEEN))) is None
