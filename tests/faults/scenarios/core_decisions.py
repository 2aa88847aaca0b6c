"""What is decided of a world: dialogues, most of them those that the tests of the core hold already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import calling, tried_by
from tests.unit.core import (
    test_commands,
    test_intake,
    test_judge,
    test_lifecycle,
    test_policy,
    test_replays,
    test_streams,
    test_waits,
    test_world,
)
from tests.unit.core.judging import test_state
from tests.unit.core.worlds import BLUE, GREEN, RAMP, UNSEEN, a_stage, a_tally
from verdigris.core.policy import Policy
from verdigris.core.world import Known, PerSlot, Second, Verb, Weights

row = tried_by("core")


# --- who is first ---------------------------------------------------------------------------------------------


@row("F-20")
def a_promote_and_a_rollback_in_the_same_moment(ground: Ground) -> None:
    for verbs in ((Verb.PROMOTE, Verb.ROLLBACK), (Verb.ROLLBACK, Verb.PROMOTE)):
        stage = a_stage("bake")
        decision = stage.look(*verbs)
        said = {answer.command: answer.accepted for answer in decision.answers}
        assert ("restore", {0, 1}) == (decision.deployment.phase, {n - 1 for n in said})
        assert [verb is Verb.ROLLBACK for verb in verbs] == [said[1], said[2]]


@row("F-20")
def a_promote_and_a_bad_verdict_in_the_same_moment(ground: Ground) -> None:
    stage = a_stage("bake")
    stage.errors[GREEN] = 1.0
    decision = stage.look(Verb.PROMOTE)
    assert ("restore", [False]) == (decision.deployment.phase, [a.accepted for a in decision.answers])


@row("F-74")
def a_second_deployment_while_the_first_is_watched(ground: Ground) -> None:
    for phase in ("cutover", "drain", "bake"):
        test_intake.test_while_another_is_under_way_it_is_refused_or_waits_its_turn(phase)
    test_intake.test_during_stabilize_it_supersedes_and_reuses_the_slot_that_was_kept_hot()
    test_intake.test_while_a_contract_is_owed_nothing_supersedes()


# --- weights and waits ----------------------------------------------------------------------------------------


@row("F-31")
def weights_that_are_none(ground: Ground) -> None:
    for blue, green in ((33, 33), (-1, 101), (0, 999), (0, 0), (100, 100)):
        with pytest.raises(ValueError, match="100"):
            Weights(blue, green)
    for ramp in ((0, 100), (50, 10, 100), (10, 90), (100, 100), (10, 1000)):
        with pytest.raises(ValueError, match="ramp"):
            Policy(ramp=tuple(replace(RAMP[0], to=to) for to in ramp))


row("F-31")(calling(test_policy.test_a_ramp_ends_where_the_holdback_begins))
row("F-31")(calling(test_world.test_a_share_of_one_slot_leaves_the_rest_to_the_other, GREEN))
row("F-33")(calling(test_streams.test_they_delay_neither_the_ramp_nor_the_drain_nor_the_bake))
row("F-33")(
    calling(
        test_streams.test_the_router_ends_them_when_their_slot_has_had_no_weight_for_as_long_as_they_are_given
    )
)
row("F-35")(calling(test_waits.test_drain_waits_for_requests_in_flight_no_longer_than_its_deadline))


@row("F-35")
def a_count_that_cannot_be_seen_is_not_none(ground: Ground) -> None:
    stage = a_stage("drain")
    stage.in_flight[BLUE] = UNSEEN
    assert "drain" == stage.look().deployment.phase
    assert "bake" == stage.walk("bake", within=8).deployment.phase


# --- what can be said of it -----------------------------------------------------------------------------------


@row("F-51")
def both_fail_for_a_while(ground: Ground) -> None:
    stage = a_stage("bake", ramp=(*RAMP[:2], replace(RAMP[2], to=95)), holdback=5)
    stage.rate = 1000
    stage.errors |= {BLUE: 1.0, GREEN: 1.0}
    for _ in range(60):
        stage.look()
    assert ("bake", Weights(5, 95)) == (stage.d.phase, stage.routing.weights)


row("F-51")(calling(test_lifecycle.test_what_fails_in_both_slots_is_nobodys_fault_and_unknown))


@row("F-66")
def nobody_sends_requests(ground: Ground) -> None:
    """Only the front door says anything: while it does, time is good and the verdict modest; else it is unknown."""
    stage = a_stage("bake")
    stage.rate = 0
    verdict = stage.look().verdict
    assert verdict and "only 0 requests" in verdict.sentence
    stage.show["front"] = UNSEEN
    before = stage.d.lasted("good")
    for _ in range(30):
        stage.look()
    assert ("bake", before) == (stage.d.phase, stage.d.lasted("good"))
    del stage.show["front"]
    stage.walk("stabilize", within=20)


row("F-67")(calling(test_judge.test_a_run_of_failures_is_bad_before_the_minimum_sample))


@row("F-67")
def one_of_three_requests_fails(ground: Ground) -> None:
    stage = a_stage("bake")
    seconds = (Second(stage.now - 3 + n, PerSlot(a_tally(0), a_tally(1, int(n == 1)))) for n in range(3))
    stage.show["signals"] = Known(tuple(seconds), stage.now)
    for _ in range(4):
        assert "bake" == stage.look().deployment.phase


row("F-68")(calling(test_judge.test_when_both_slots_fail_it_is_something_they_share, a_tally(100, errors=50)))


@row("F-68")
def the_old_release_failed_just_as_often(ground: Ground) -> None:
    stage = a_stage("cutover", ramp=(replace(RAMP[1], lasts=20.0), RAMP[2]))
    stage.errors |= {BLUE: 0.05, GREEN: 0.05}
    for _ in range(10):
        stage.look()
    assert ("cutover", Weights(50, 50)) == (stage.d.phase, stage.routing.weights), stage.visited


# --- the counts -----------------------------------------------------------------------------------------------


@row("F-65")
def a_torn_second_counts_for_nothing(ground: Ground) -> None:
    test_judge.test_a_torn_second_in_between_is_left_out_and_the_rest_counts()
    test_lifecycle.test_time_of_an_unknown_verdict_does_not_count()


row("F-20")(calling(test_commands.test_rollback_takes_traffic_back, "bake"))


# --- the comparison -------------------------------------------------------------------------------------------

row("F-125")(calling(test_judge.test_nothing_good_can_be_said_while_nobody_counts_what_users_get, GREEN))
row("F-125")(calling(test_judge.test_what_is_bad_stays_bad_while_nobody_counts_what_users_get))
row("F-126")(calling(test_judge.test_a_failure_or_two_among_few_are_above_the_limit_and_no_verdict))
row("F-127")(calling(test_state.test_a_restart_every_second_neither_loses_nor_doubles_evidence))
row("F-128")(calling(test_replays.test_a_rollback_ends_it_in_the_same_look))
