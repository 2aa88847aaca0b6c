"""What each phase waits for, and that every sentence ends "waiting for …" well."""

import re
from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    EVERYTHING,
    GREEN,
    NEW,
    OLD,
    RAMP,
    UNSEEN,
    a_first_stage,
    a_slot,
    a_stage,
    a_stage_turned_back,
    a_stuck_stage,
    at_phase,
)
from verdigris.core import waits
from verdigris.core.lifecycle import ENDINGS, ROWS
from verdigris.core.policy import Step
from verdigris.core.world import Check, Health, Known, Rehearsal, Unknown, Verb, Weights


def waiting(stage):
    return ROWS[stage.d.phase].waiting_for(stage.d, stage.world(), stage.p)


def sentence_of(stage):
    found = waiting(stage)
    return found.sentence if found else ""


# --- before ---------------------------------------------------------------------------------------------------


def blind_checklist(stage):
    stage.show["checklist"] = UNSEEN


def blind_router(stage):
    stage.show["reading"] = UNSEEN


def blind_live(stage):
    stage.slots[BLUE] = UNSEEN


def blind_candidate(stage):
    stage.slots[GREEN] = UNSEEN


def elsewhere(stage):
    stage.routing = replace(stage.routing, weights=Weights(50, 50))


def other_release(stage):
    stage.slots[BLUE] = a_slot(BLUE, NEW)


def occupied(stage):
    stage.slots[GREEN] = a_slot(GREEN, OLD)


@pytest.mark.parametrize(
    ("believed", "sentence", "unknown"),
    [
        (blind_checklist, "the checklist: it does not answer", True),
        (blind_router, "the router's answer: it does not answer", True),
        (blind_live, "a look at blue: it does not answer", True),
        (blind_candidate, "a look at green: it does not answer", True),
        (elsewhere, "all traffic to be on blue, the router says blue 50 % green 50 %", False),
        (other_release, "1.0 to run in blue, 2.0 does", False),
        (occupied, "green to be empty, 1.0 is being torn down", False),
    ],
)
def test_preflight_waits_for_a_world_as_it_is_believed_to_be(believed, sentence, unknown):
    stage = a_stage()
    assert None is waiting(stage)
    believed(stage)
    assert (sentence, unknown) == (waiting(stage).sentence, waiting(stage).unknown)


def test_the_checklist_tells_every_check_that_failed():
    stage = a_stage()
    stage.checks = (Check("a", False, "no room"), Check("b", True, "fine"), Check("c", False, "no port"))
    assert "no room; no port" == waits.checklist_failed(stage.d, stage.world(), stage.p)


def test_provision_waits_for_every_instance():
    stage = a_stage("provision")
    stage.slots[GREEN] = a_slot(GREEN, NEW, 1)
    assert "1 of 2 instances of 2.0 in green to come up" == sentence_of(stage)


def test_validate_waits_for_every_instance_s_health_and_for_the_preview():
    stage = a_stage("validate")
    assert "" == sentence_of(stage)
    stage.slots[GREEN] = a_slot(GREEN, NEW, health=Known(Health(1, 0), 0.0))
    assert "green-1: 3 healthy answers in a row, 1 so far" in sentence_of(stage)
    stage.slots[GREEN], stage.show["preview"] = a_slot(GREEN, NEW), {BLUE: UNSEEN, GREEN: UNSEEN}
    assert "an answer through the preview: it does not answer" == sentence_of(stage)


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (Known(Rehearsal(20, 0, True), 0.0), ""),
        (Known(Rehearsal(19, 0, True), 0.0), "20 comparable samples, 19 so far"),
        (Known(Rehearsal(20, 2, True), 0.0), "a clean comparison: 2 of 20 answers differ"),
        (Unknown("none runs"), "the rehearsal: none runs"),
    ],
)
def test_rehearse_waits_for_enough_equal_answers(seen, sentence):
    stage = a_stage("rehearse", rehearse=20)
    stage.show["rehearsal"] = seen
    assert sentence == sentence_of(stage)


def test_a_rehearsal_under_which_memory_grows_is_not_clean():
    stage = a_stage("rehearse", rehearse=20)
    stage.show["rehearsal"] = Known(Rehearsal(20, 0, memory_flat=False), 0.0)
    assert "memory" in sentence_of(stage)


def test_the_gate_waits_for_a_person_and_for_what_was_validated_to_be_so_still():
    stage = a_stage("gate", gate=True)
    assert "`verdigris promote`" == sentence_of(stage)
    stage.slots[GREEN] = a_slot(GREEN, NEW, 1)
    assert "1 of 2 instances" in sentence_of(stage)


# --- traffic --------------------------------------------------------------------------------------------------


def test_a_step_of_the_ramp_lasts_as_long_as_it_says_and_the_last_one_only_until_it_is_there():
    stage = a_stage("cutover", ramp=RAMP)
    stage.look()
    assert "5 s more of good evidence (of 5 s)" == sentence_of(stage)
    stage.d = replace(stage.d, step=2)
    stage.routing = replace(stage.routing, weights=Weights(0, 100))
    assert "" == sentence_of(stage)


@pytest.mark.parametrize(
    ("phase", "share"), [("drain", 95), ("bake", 95), ("stabilize", 100), ("succeeded", 100)]
)
def test_the_share_that_is_due(phase, share):
    stage = a_stage(holdback=5, ramp=(Step(95, 5.0),))
    stage.d = replace(stage.d, phase=phase)
    assert share == waits.share(stage.d, stage.p)


def test_stabilize_waits_for_streams_as_long_as_they_are_given():
    stage = a_stage("stabilize", stabilize=5.0, drain_long_lived=30.0)
    for _ in range(10):
        stage.look()
        stage.streams[BLUE] = Known(2, stage.now)
    assert "stabilize" == stage.d.phase
    assert re.fullmatch(r"2 long-lived connections on blue to end, at most \d+ s more", sentence_of(stage))
    stage.streams[BLUE] = UNSEEN
    assert sentence_of(stage).startswith("an unknown number of long-lived connections on blue")
    stage.walk("succeeded")


def test_drain_waits_for_requests_in_flight_no_longer_than_its_deadline():
    stage = a_stage("drain", drain=8.0)
    stage.in_flight[BLUE] = Known(4, stage.now)
    stage.look()
    stage.look()
    assert re.fullmatch(r"4 requests in flight in blue, at most \d s more", sentence_of(stage))
    assert "bake" == stage.walk("bake", within=10).deployment.phase


# --- every sentence -------------------------------------------------------------------------------------------


def everything_heard():
    """What status shows through whole lives, good, bad, blind, held, edited and stuck."""
    stages = [a_stage(**EVERYTHING, ramp=RAMP), a_stage(), a_first_stage()]
    for stage in stages:
        stage.walk("succeeded")
    for stage in (a_stage("bake"), a_stage("cutover", ramp=RAMP), a_stage("validate"), a_stage()):
        blind_router(stage)
        stages.append(stage)
    for stage in (a_stage("bake"), a_stage("provision")):
        stage.look(Verb.HOLD)
        stages.append(stage)
    edited, cut_off, nowhere = a_stage("bake"), a_stage("bake"), a_stage("bake")
    edited.generation = None
    cut_off.show["signals"] = Unknown("the log stream is cut")
    nowhere.errors[GREEN], nowhere.slots[BLUE] = 0.5, a_slot(BLUE, OLD, alive=False)
    drained, first = a_stage("drain"), a_first_stage("bake")
    drained.in_flight[BLUE], first.errors[BLUE] = Known(4, 0.0), 0.5
    stages += [edited, cut_off, nowhere, drained, first, a_stuck_stage()]
    stages += [at_phase(phase) for phase in ROWS]
    stages += [a_stage_turned_back("rolled_back"), a_stage_turned_back("aborted")]
    for stage in stages:
        stage.look()
    return {(stage.d.phase, sentence) for stage in stages for sentence in stage.heard}


HEARD = everything_heard()


def test_only_an_end_waits_for_nothing():
    silent = {phase for phase, sentence in HEARD if not sentence} - ENDINGS
    assert silent <= {
        "cutover",
        "decommission",
        "discard",
        "settle",
        "abort",
        "restore",
        "provision",
        "validate",
    }


@pytest.mark.parametrize("sentence", sorted({sentence for _, sentence in HEARD if sentence}))
def test_a_sentence_reads_well_after_waiting_for(sentence):
    text = f"waiting for {sentence}"
    assert re.match(r"waiting for [a-z0-9`]", text), text
    assert not re.search(r"[:.;,]\s*$|  |None|: ;|\(\)|\b0 requests|\bUnknown\b|Known\(", text), text
