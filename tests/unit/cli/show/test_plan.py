"""What a deploy would do, from settings and the newest deployment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.house import FakeHouse
from tests.unit.core.worlds import BLUE, GREEN, NEW, OLD, UNSEEN, a_deployment, a_first_deployment, a_stage
from verdigris.cli.show.ink import plain, width
from verdigris.cli.show.plan import Traffic, plan_lines, planned, traffic_of
from verdigris.config.settings import Expected
from verdigris.core.policy import Step
from verdigris.ports import Snapshot

SETTINGS = FakeHouse().settings
BARE = replace(SETTINGS, policy=replace(SETTINGS.policy, ramp=(Step(100, 0.0),), holdback=0, max_p99=None))


def with_policy(**changes):
    return replace(SETTINGS, policy=replace(SETTINGS.policy, **changes))


def with_holdback(**changes):
    return with_policy(holdback=5, ramp=(Step(10, 5.0), Step(95, 0.0)), **changes)


def test_the_first_release_goes_to_blue_at_once_and_has_no_way_back():
    plan = planned(SETTINGS, None)
    assert (BLUE, None, SETTINGS.policy.bake) == (plan.slot, plan.serving, plan.least)
    assert ("cutover", "all traffic at once: it is the first") in plan.steps
    assert "nothing to go back to" in plan.blind[0]


@pytest.mark.parametrize(
    ("phase", "slot", "serving"),
    [("succeeded", BLUE, NEW), ("stabilize", BLUE, NEW), ("rolled_back", GREEN, OLD), ("stuck", GREEN, OLD)],
)
def test_the_next_release_goes_beside_what_serves(phase, slot, serving):
    plan = planned(SETTINGS, a_deployment(phase))
    assert (slot, serving) == (plan.slot, plan.serving)


def test_after_a_first_deployment_that_failed_the_next_one_is_the_first():
    plan = planned(SETTINGS, a_first_deployment("aborted"))
    assert (BLUE, None) == (plan.slot, plan.serving)


def test_it_takes_the_steps_of_the_ramp_and_the_bake_at_least():
    assert 5.0 + 5.0 + 20.0 == planned(SETTINGS, a_deployment("succeeded")).least


def test_a_deploy_during_stabilize_says_which_way_back_it_gives_up():
    said = planned(SETTINGS, a_deployment("stabilize")).given_up
    assert said.startswith("1.0 in blue is kept hot for d-2: deploying now tears it down")
    assert "" == planned(SETTINGS, a_deployment("succeeded")).given_up


@pytest.mark.parametrize(("phase", "now"), [("bake", False), ("stabilize", True), ("succeeded", True)])
def test_a_deploy_is_not_made_while_another_is_on_its_way(phase, now):
    assert now is (planned(SETTINGS, a_deployment(phase)).refused == "")


@pytest.mark.parametrize(
    ("changes", "phase"), [({"gate": True}, "gate"), ({"holdback": 0}, "drain"), ({}, "stabilize")]
)
def test_what_is_configured_is_a_step(changes, phase):
    assert phase in dict(planned(with_policy(**changes), a_deployment("succeeded")).steps)


def test_with_a_holdback_nothing_drains():
    steps = dict(planned(with_holdback(), a_deployment("succeeded")).steps)
    assert "drain" not in steps
    assert "5 % stay on green" in steps["bake"]


def test_every_blind_spot_names_the_key_that_would_end_it():
    blind = planned(BARE, a_deployment("succeeded")).blind
    for key in ("cutover.ramp", "bake.holdback", "bake.max_p99"):
        assert 1 == sum(f"({key})" in text for text in blind), key


def test_what_is_configured_is_no_blind_spot():
    health = replace(SETTINGS.health, body=(Expected(("status",), "ok"),))
    watched = replace(with_holdback(max_p99=0.2, grace=0.0), health=health)
    assert 1 == len(planned(watched, a_deployment("succeeded")).blind)


@pytest.mark.parametrize("columns", [50, 100])
def test_a_plan_fits_the_window(columns):
    lines = plan_lines(planned(BARE, a_deployment("bake")), columns)
    assert all(columns >= width(row) for row in lines[1:])
    assert "not now" in plain(lines)


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


BUSY, QUIET = Traffic(1000.0, 0.001), Traffic(0.05, 0.0)
RAMP = {"ramp": (Step(10, 120.0), Step(95, 0.0)), "holdback": 5, "bake": 900.0}


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
