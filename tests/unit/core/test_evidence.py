"""What counts as time, and for what. How it adds up is told in test_deployment, what it is worth in test_rules."""

import pytest

from tests.unit.core.worlds import BLUE, GREEN, OLD, UNSEEN, a_slot, a_stage, a_stage_turned_back, kinds
from verdigris.core.conditions import Waiting, unreachable, unweighted
from verdigris.core.evidence import attended, blind, broken_off, count
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.lifecycle import ROWS
from verdigris.core.policy import OnUnknown
from verdigris.core.world import Known, Unknown, Verb

UNSURE = Verdict(VerdictKind.UNKNOWN, "nobody can say")


def paused(stage):
    stage.look(Verb.PAUSE_ALL)
    stage.look()
    return stage


def lasted(stage, name, looks=3):
    """How much longer the condition had lasted after as many looks, a second apart."""
    before = stage.d.lasted(name)
    for _ in range(looks):
        stage.look()
    return stage.d.lasted(name) - before


def test_good_time_counts_and_the_time_of_a_paused_app_does_not():
    stage = a_stage("bake", bake=100.0)
    stage.look()
    assert 3.0 == lasted(stage, "good")
    assert 0.0 == lasted(paused(stage), "good")


def test_what_was_good_before_a_pause_stays_good():
    stage = a_stage("bake", bake=100.0)
    for _ in range(9):
        stage.look()
    before = stage.d.lasted("good")
    assert before <= paused(stage).d.lasted("good") <= before + 1.0


def test_nobody_is_alarmed_by_a_pause_and_nothing_turns_back_for_it():
    stage = a_stage("bake", after_cutover=OnUnknown.ROLLBACK, unknown_for=10.0, alert_after=5.0)
    decisions = [paused(stage).look() for _ in range(60)]
    assert ("bake", 0.0) == (stage.d.phase, stage.d.lasted("blind"))
    assert [] == [note for decision in decisions for note in decision.notes if note.kind == "alert"]


def test_a_verdict_that_is_missing_for_another_reason_is_missed():
    stage = a_stage("bake")
    assert blind(stage.d, stage.world(), UNSURE, None)
    assert not blind(stage.d, paused(stage).world(), UNSURE, None)
    stage.show["reading"] = UNSEEN
    assert blind(stage.d, stage.world(), UNSURE, ROWS["bake"].waiting_for(stage.d, stage.world(), stage.p))


def test_while_it_is_held_a_deployment_s_own_clocks_stand_still_and_those_of_its_slots_go_on():
    stage = a_stage("bake", bake=100.0)
    stage.look(Verb.HOLD)
    before = stage.d
    assert 3.0 == lasted(stage, unweighted(BLUE))
    assert before.lasted("good") == stage.d.lasted("good")


def test_a_slot_that_the_router_may_turn_to_can_be_reached_though_it_has_no_weight():
    stage = a_stage("bake")
    stage.look()
    assert (True, 0.0) == (stage.d.lasted(unweighted(BLUE)) > 0, stage.d.lasted(unreachable(BLUE)))


@pytest.mark.parametrize(
    ("waiting", "runs"),
    [
        (Waiting("an instance to come up"), True),
        (Waiting("a look at green", unknown=True), None),
        (Waiting("a long-lived connection to end", unhurried=True), None),
        (None, None),
    ],
    ids=["unfinished", "unknown", "with a limit of its own", "finished"],
)
def test_the_limit_of_a_phase_runs_only_while_it_is_seen_to_be_unfinished(waiting, runs):
    stage = a_stage("provision")
    assert runs is attended(ROWS["provision"], stage.d, stage.world(), stage.p, waiting)


def test_the_count_of_good_time_is_kept_by_phases_that_wait_for_it_only():
    stage = a_stage("drain")
    verdict = Verdict(VerdictKind.GOOD, "fine")
    counted = count(ROWS["drain"], stage.d, stage.world(), stage.p, verdict)
    assert "good" not in [entry.name for entry in counted.evidence]


def test_broken_instances_are_counted_in_every_phase():
    stage = a_stage("bake")
    stage.slots[BLUE], stage.deaf = a_slot(BLUE, OLD, broken=True), True
    assert 2.0 == lasted(stage, "blue broken")
    assert 0.0 == lasted(stage, "green broken")


def test_counts_that_are_cut_off_are_no_pause():
    stage = a_stage("bake")
    stage.show["signals"] = Unknown("the log stream is cut")
    assert 2.0 == lasted(stage, "blind")
    assert [] == kinds(stage.look())
    assert GREEN is stage.serving


def test_time_without_weight_that_is_over_is_void_and_no_other_time():
    stage = a_stage("bake", bake=100.0)
    stage.look()
    for name, void in ((unweighted(BLUE), True), ("good", False), ("attended", False)):
        assert void is broken_off(stage.d, stage.d.forget(name))
        assert not broken_off(stage.d.forget(name), stage.d)


@pytest.mark.parametrize("generation", [None, 1, 999], ids=["by hand", "an older one", "a newer one"])
def test_a_router_that_does_not_bear_our_newest_stamp_may_have_done_anything_meanwhile(generation):
    """Seed 1202503: it was edited by hand and came back with an old file, between two looks that succeeded."""
    stage = a_stage("bake")
    for _ in range(5):
        stage.look()
    assert 5.0 < stage.d.lasted(unweighted(BLUE))
    stage.generation, stage.deaf = generation, True
    stage.look()
    assert 0.0 == stage.d.lasted(unweighted(BLUE))


def test_a_look_that_failed_keeps_a_slot_from_being_torn_down_and_takes_no_time_from_its_drain():
    stage = a_stage_turned_back("settle", drain=60.0)
    stage.in_flight[GREEN] = Known(3, stage.now)
    for _ in range(5):
        stage.look()
    before = stage.d.lasted(unweighted(GREEN)), stage.d.lasted(unreachable(GREEN))
    stage.show["reading"] = UNSEEN
    stage.look()
    assert (before[0], 0.0) == (stage.d.lasted(unweighted(GREEN)), stage.d.lasted(unreachable(GREEN)))
    assert before[1] > 2.0
