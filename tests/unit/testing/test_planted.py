"""Every rule is taken out once, and its test is seen to fail: a rule without teeth is no rule."""

import asyncio
import inspect

import pytest

from tests.unit.core import test_rules as rules
from tests.unit.engine import test_effects as effects
from tests.unit.engine import test_ledger as ledger
from verdigris.core import lifecycle, safety
from verdigris.testing.planted import FAULTS
from verdigris.testing.planting import attribute, instead

PLANTED = {fault.name: fault.plant for fault in FAULTS}
TAKEN_OUT = (
    (rules.test_it_waits_for_evidence_not_for_time, "elapsed time is evidence"),
    (rules.test_unknown_is_neither_good_nor_bad, "unknown counts as good"),
    (
        rules.test_roll_back_comes_first_and_needs_nothing_but_an_old_slot_that_can_serve,
        "a bad verdict is ignored",
    ),
    (rules.test_what_is_waited_for_is_what_is_said, "the sentence is another story"),
    (rules.test_no_weight_goes_to_a_slot_that_is_not_ready, "weight without readiness"),
    (rules.test_nothing_is_torn_down_that_serves, "the router is not asked before a tear down"),
    (rules.test_nothing_is_torn_down_that_serves, "the other side does not matter"),
    (rules.test_switched_is_what_the_router_says, "the call is trusted"),
    (rules.test_switched_is_what_the_front_door_shows, "the front door is not asked"),
    (rules.test_the_instances_that_were_validated_are_the_instances_that_serve, "any digest will do"),
    (
        rules.test_every_routing_carries_the_generation_it_is_written_down_with,
        "the generation is not remembered",
    ),
    (effects.test_what_is_done_was_saved_before_and_bears_its_generation, "acted on before saved"),
    (rules.test_a_foreign_change_is_held_shown_alerted_and_never_fought, "a change by hand is overwritten"),
    (rules.test_the_number_of_instances_is_the_policy_s, "the number found is the number wanted"),
    (rules.test_a_phase_of_a_newer_version_is_left_alone, "a newer phase is touched"),
    (rules.test_back_never_turns_forward, "backward turns forward"),
    (
        rules.test_no_long_lived_connection_is_ended_before_its_time,
        "streams are forgotten at the tear down",
    ),
    (rules.test_no_long_lived_connection_is_ended_before_its_time, "streams are ended with the switch"),
    (
        rules.test_a_paused_app_stays_paused_until_somebody_lets_requests_through,
        "a pause is lost with the next deployment",
    ),
    (
        rules.test_nobody_is_served_while_the_app_is_paused_and_that_is_no_merit,
        "a pause is good time",
    ),
    (
        rules.test_the_same_users_see_the_new_version_all_through_a_deployment,
        "the cohort changes in the middle of a ramp",
    ),
    (
        ledger.test_a_pause_that_cannot_be_written_down_does_not_ride_on_the_way_back,
        "a pause rides on the way back",
    ),
)


def another_story():
    return instead(lifecycle.sentence, lambda d, w, p, verdict: f"{d.phase} to be over")


def not_remembered():
    return instead(safety.remember, lambda d, actions, w: d)


def as_many_as_found():
    return instead(
        safety.lacking, lambda slot, release, d, w, p: "" if w.slots[slot].value.instances else "empty"
    )


PLANTED |= {
    "the sentence is another story": another_story,
    "the generation is not remembered": not_remembered,
    "the number found is the number wanted": as_many_as_found,
}


def run(test):
    outcome = test()
    if inspect.isawaitable(outcome):
        asyncio.run(outcome)


@pytest.mark.parametrize(("test", "fault"), TAKEN_OUT, ids=[fault for _, fault in TAKEN_OUT])
def test_a_rule_that_is_taken_out_is_missed(test, fault):
    run(test)
    with PLANTED[fault](), pytest.raises(AssertionError):
        run(test)
    run(test)


def test_a_fault_that_nobody_holds_any_more_is_an_error():
    with (
        pytest.raises(LookupError, match="the fault has lost its ground"),
        instead(lambda: None, lambda: None),
    ):
        pass


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_taken_out_again(fault):
    before = dict(vars(lifecycle)), dict(vars(safety)), dict(lifecycle.ROWS)
    with fault.plant():
        pass
    assert before == (dict(vars(lifecycle)), dict(vars(safety)), dict(lifecycle.ROWS))


def test_another_bound_is_planted_for_a_while():
    before = lifecycle.ENDINGS
    with attribute(lifecycle, "ENDINGS", frozenset()):
        assert frozenset() == lifecycle.ENDINGS
    assert before is lifecycle.ENDINGS
