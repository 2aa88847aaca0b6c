"""What a deploy would do, from settings and the newest deployment."""

from __future__ import annotations

import pytest

from tests.unit.cli.show.plans import BARE, SETTINGS, with_holdback, with_policy
from tests.unit.core.worlds import BLUE, GREEN, NEW, OLD, a_deployment, a_first_deployment
from verdigris.cli.show.ink import plain, width
from verdigris.cli.show.plan import plan_lines, planned


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


def test_a_schema_is_widened_and_narrowed_with_a_proof_only():
    d = a_deployment("succeeded")
    steps = dict(planned(with_policy(expand=True, contract=True), d).steps)
    assert (
        "if preflight proves on a shadow that 2.0 works on it; what is unproven is refused" in steps["expand"]
    )
    assert "what only 2.0 needed goes" in steps["contract"]
    passing = dict(planned(with_policy(expand=True, unproven_passes=True), d).steps)
    assert "what is unproven goes on" in passing["expand"]
    assert "contract" not in passing
    assert "expand" in dict(planned(with_policy(expand=True), None).steps)


def test_with_a_holdback_nothing_drains():
    steps = dict(planned(with_holdback(), a_deployment("succeeded")).steps)
    assert "drain" not in steps
    assert "5 % stay on green" in steps["bake"]


@pytest.mark.parametrize("columns", [50, 100])
def test_a_plan_fits_the_window(columns):
    lines = plan_lines(planned(BARE, a_deployment("bake")), columns)
    assert all(columns >= width(row) for row in lines[1:])
    assert "not now" in plain(lines)
