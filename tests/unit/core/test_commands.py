"""What operators may ask in which phase, what becomes of it, and that every command is answered once."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    OLD,
    RAMP,
    a_first_stage,
    a_policy,
    a_slot,
    a_stage,
    a_stuck_stage,
    at_phase,
)
from verdigris.core.commands import PRIORITY
from verdigris.core.lifecycle import ROWS, decide
from verdigris.core.policy import Step
from verdigris.core.routes import SAID
from verdigris.core.world import Command, Pause, Unknown, Verb, Weights

ACCEPTED = {
    "preflight": "rollback abort hold apply",
    "expand": "rollback abort hold apply",
    "provision": "rollback abort hold apply",
    "validate": "rollback abort hold apply",
    "rehearse": "rollback abort hold apply",
    "gate": "rollback abort hold promote apply",
    "cutover": "rollback hold promote apply",
    "drain": "rollback hold apply",
    "bake": "rollback hold promote apply",
    "stabilize": "rollback hold promote apply drill",
    "decommission": "apply",
    "contract": "apply",
    "succeeded": "apply",
    "restore": "rollback apply",
    "settle": "rollback apply",
    "abort": "rollback abort apply",
    "discard": "rollback apply",
    "rolled_back": "rollback apply",
    "aborted": "rollback abort apply",
    "stuck": "rollback resume apply",
}
ANYWHERE = ("pause", "pause-all", "maintenance")
TABLE = [
    (phase, verb, verb.value in (*accepted.split(), *ANYWHERE))
    for phase, accepted in ACCEPTED.items()
    for verb in Verb
]


def ask(stage, *verbs, **changes):
    """File commands and look once; `changes` go to every command."""
    policies = {Verb.APPLY: stage.p}
    filed = [Command(n + 1, verb, "ada", policy=policies.get(verb)) for n, verb in enumerate(verbs)]
    world = replace(stage.world(), commands=tuple(replace(command, **changes) for command in filed))
    decision = decide(stage.d, world, stage.p)
    stage.d = decision.deployment
    return decision


def test_the_table_has_every_phase_and_every_verb_has_its_turn():
    assert set(ROWS) == set(ACCEPTED)
    assert set(Verb) == set(PRIORITY)


@pytest.mark.parametrize(("phase", "verb", "accepted"), TABLE, ids=[f"{p}-{v}" for p, v, _ in TABLE])
def test_a_command_is_accepted_or_refused(phase, verb, accepted):
    (answer,) = ask(at_phase(phase), verb).answers
    assert (1, accepted) == (answer.command, answer.accepted), answer.sentence
    assert answer.accepted or (
        "`" in answer.sentence or "cannot" in answer.sentence or "again" in answer.sentence
    )


@pytest.mark.parametrize("phase", ["cutover", "drain", "bake", "stabilize", "stuck"])
def test_rollback_takes_traffic_back(phase):
    stage = at_phase(phase)
    stage.look(Verb.ROLLBACK)
    assert Weights(100, 0) == stage.routing.weights
    assert "ada asked for it" == stage.d.cause
    stage.walk("rolled_back")


@pytest.mark.parametrize("phase", ["preflight", "expand", "provision", "validate", "rehearse", "gate"])
def test_rollback_before_any_traffic_moved_is_an_abort(phase):
    stage = at_phase(phase)
    stage.look(Verb.ROLLBACK)
    stage.walk("aborted")


@pytest.mark.parametrize("phase", ["restore", "settle", "discard", "rolled_back"])
def test_rollback_of_what_is_rolled_back_changes_nothing(phase):
    stage = at_phase(phase)
    assert stage.d.cause == ask(stage, Verb.ROLLBACK).deployment.cause


def test_rollback_is_refused_when_the_old_slot_cannot_serve():
    stage = a_stage("bake")
    stage.slots[BLUE] = a_slot(BLUE, OLD, alive=False)
    (answer,) = ask(stage, Verb.ROLLBACK).answers
    assert "blue cannot serve, so traffic stays on green. See `verdigris explain`" == answer.sentence
    assert "bake" == stage.d.phase


def test_one_instance_of_the_old_slot_is_enough_to_roll_back():
    stage = a_stage("bake")
    stage.slots[BLUE] = a_slot(BLUE, OLD, 1)
    assert "restore" == ask(stage, Verb.ROLLBACK).deployment.phase


def test_rollback_of_the_first_deployment_after_its_cutover_is_refused():
    stage = a_first_stage("bake")
    assert [False] == [answer.accepted for answer in ask(stage, Verb.ROLLBACK).answers]


def test_rollback_is_refused_when_the_earlier_release_is_gone():
    (answer,) = ask(at_phase("contract"), Verb.ROLLBACK).answers
    assert "1.0 is torn down" in answer.sentence and "Deploy 1.0 again" in answer.sentence


def test_rollback_beats_promote_whoever_was_first():
    decision = ask(a_stage("bake"), Verb.PROMOTE, Verb.ROLLBACK)
    assert "restore" == decision.deployment.phase
    assert [(2, True), (1, False)] == [(answer.command, answer.accepted) for answer in decision.answers]


def test_every_command_is_answered_and_written_into_the_event_log():
    decision = ask(a_stage("bake"), *Verb)
    assert set(range(1, len(Verb) + 1)) == {answer.command for answer in decision.answers}
    assert len(Verb) == sum(note.kind in ("command", "refused") for note in decision.notes)


def test_a_command_for_an_earlier_deployment_is_refused():
    stage = a_stage("bake")
    (answer,) = ask(stage, Verb.ROLLBACK, deployment="d-1").answers
    assert "d-1 is over, d-2 is the present deployment. See `verdigris history`" == answer.sentence
    assert "bake" == stage.d.phase


def test_a_command_for_this_deployment_by_name_is_obeyed():
    assert "restore" == ask(a_stage("bake"), Verb.ROLLBACK, deployment="d-2").deployment.phase


def test_a_reason_goes_into_the_cause_and_the_event_log():
    decision = ask(a_stage("bake"), Verb.ROLLBACK, reason="orders are missing")
    assert "ada asked for it: orders are missing" == decision.deployment.cause
    assert "rollback by ada: orders are missing" == decision.notes[0].sentence


def test_promote_opens_the_gate():
    stage = a_stage("gate", gate=True)
    assert "`verdigris promote`" == stage.look().waiting_for
    assert "cutover" == stage.look(Verb.PROMOTE).deployment.phase


def test_promote_takes_what_is_left_of_a_wait_upon_oneself():
    assert "stabilize" == a_stage("bake").look(Verb.PROMOTE).deployment.phase


def test_promote_skips_one_step_of_the_ramp_and_no_more():
    stage = a_stage("cutover", ramp=(*RAMP[:2], Step(100, 30.0)))
    stage.look()
    stage.look(Verb.PROMOTE)
    assert (1, False) == (stage.d.step, stage.d.promoted)


@pytest.mark.parametrize("seen", ["bad", "unknown"])
def test_promote_is_refused_against_a_verdict_that_is_not_good(seen):
    stage = a_stage("bake")
    if seen == "unknown":
        stage.show["signals"] = Unknown("the log stream is cut")
    else:
        stage.errors[GREEN], stage.slots[BLUE] = 0.5, a_slot(BLUE, OLD, alive=False)
    (answer,) = ask(stage, Verb.PROMOTE).answers
    assert (False, True) == (answer.accepted, "the verdict is not good" in answer.sentence)


def test_a_promoted_phase_still_waits_for_the_router():
    stage = a_stage("bake")
    stage.routing, stage.generation = replace(stage.routing, weights=Weights(50, 50)), 5
    stage.deaf = True
    assert "bake" == stage.look(Verb.PROMOTE).deployment.phase


def test_hold_and_resume():
    stage = a_stage("bake")
    stage.look(Verb.HOLD)
    assert "ada asked for it" == stage.d.held
    stage.look(Verb.RESUME)
    assert ("", "bake") == (stage.d.held, stage.d.phase)
    stage.walk("succeeded")


def test_hold_and_resume_at_once_goes_on():
    assert "" == ask(a_stage("bake"), Verb.RESUME, Verb.HOLD).deployment.held


def test_resume_tries_again_what_it_got_stuck_in():
    stage = a_stuck_stage()
    stage.deaf = True
    decision = stage.look(Verb.RESUME)
    assert ("restore", "") == (decision.deployment.phase, decision.deployment.stuck_in)


def test_abort_is_refused_once_traffic_has_moved():
    (answer,) = ask(a_stage("cutover"), Verb.ABORT).answers
    assert "traffic has moved, so cutover cannot be aborted. Use `verdigris rollback`" == answer.sentence


# --- a pause --------------------------------------------------------------------------------------------------

PAUSED = {Verb.PAUSE: Pause.SAFE, Verb.PAUSE_ALL: Pause.ALL, Verb.MAINTAIN: Pause.MAINTENANCE}


@pytest.mark.parametrize("phase", ROWS)
@pytest.mark.parametrize("verb", PAUSED, ids=lambda verb: verb.value)
def test_a_pause_is_routed_in_every_phase_ends_when_it_is_asked_to_and_moves_no_weight(phase, verb):
    stage, undisturbed = at_phase(phase), at_phase(phase)
    stage.look(verb)
    undisturbed.look()
    assert (PAUSED[verb], PAUSED[verb]) == (stage.d.pause, stage.routing.pause)
    assert undisturbed.routing.weights == stage.routing.weights
    stage.look(Verb.UNPAUSE)
    assert (Pause.NONE, Pause.NONE) == (stage.d.pause, stage.routing.pause)


def test_a_held_deployment_is_paused_as_well():
    stage = a_stage("bake")
    stage.look(Verb.HOLD)
    stage.look(Verb.PAUSE)
    assert (Pause.SAFE, "ada asked for it") == (stage.routing.pause, stage.d.held)


@pytest.mark.parametrize(
    ("before", "verb", "sentence"),
    [
        (Pause.NONE, Verb.UNPAUSE, "nothing is paused, requests are let through. See `verdigris status`"),
        (
            Pause.SAFE,
            Verb.PAUSE,
            f"it is paused already: {SAID[Pause.SAFE]}. Use `verdigris unpause` to let them through",
        ),
        (
            Pause.ALL,
            Verb.PAUSE_ALL,
            "it is paused already: requests wait at the router. Use `verdigris unpause` to let them through",
        ),
    ],
    ids=["unpause", "pause", "pause-all"],
)
def test_what_is_so_already_is_refused_with_what_to_do(before, verb, sentence):
    stage = a_stage("bake")
    stage.d = replace(stage.d, pause=before)
    (answer,) = ask(stage, verb).answers
    assert (False, sentence, before) == (answer.accepted, answer.sentence, stage.d.pause)


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.MAINTAIN], ids=["pause", "maintenance"])
def test_one_pause_is_changed_into_another(verb):
    stage = a_stage("bake")
    stage.d = replace(stage.d, pause=Pause.ALL)
    assert PAUSED[verb] is ask(stage, verb).deployment.pause


def test_of_several_pauses_the_one_that_was_asked_for_last_stays():
    assert Pause.ALL is ask(a_stage("bake"), Verb.PAUSE, Verb.UNPAUSE, Verb.PAUSE_ALL).deployment.pause


def test_a_pause_is_the_app_s_whichever_deployment_it_was_asked_of():
    assert Pause.SAFE is ask(a_stage("bake"), Verb.PAUSE, deployment="d-1").deployment.pause


def test_a_pause_does_not_hinder_the_way_back():
    stage = a_stage("bake")
    stage.look(Verb.PAUSE_ALL)
    stage.look(Verb.ROLLBACK)
    assert (Weights(100, 0), Pause.ALL) == (stage.routing.weights, stage.routing.pause)
    stage.walk("rolled_back")
    assert Pause.ALL is stage.routing.pause


def test_a_pause_and_a_rollback_at_once_are_one_routing():
    stage = a_stage("bake")
    stage.look(Verb.PAUSE_ALL, Verb.ROLLBACK)
    assert (Weights(100, 0), Pause.ALL) == (stage.routing.weights, stage.routing.pause)


def test_a_paused_app_is_cut_over_and_waits_for_its_evidence():
    stage = a_stage("validate", bake=5.0)
    stage.look(Verb.PAUSE_ALL)
    stage.walk("bake")
    for _ in range(60):
        stage.look()
    assert ("bake", Weights(0, 100)) == (stage.d.phase, stage.routing.weights)
    stage.look(Verb.UNPAUSE)
    stage.walk("succeeded")


# --- another policy -------------------------------------------------------------------------------------------


def test_a_policy_is_accepted_in_the_middle_of_a_deployment():
    decision = ask(a_stage("bake"), Verb.APPLY, policy=a_policy(bake=60.0))
    assert [True] == [answer.accepted for answer in decision.answers]
    assert "ada replaced the policy of this deployment" in [note.sentence for note in decision.notes]


def test_a_policy_with_fewer_steps_than_were_taken_is_refused():
    stage = a_stage("cutover", ramp=RAMP)
    stage.d = replace(stage.d, step=2)
    (answer,) = ask(stage, Verb.APPLY, policy=a_policy()).answers
    assert "step 3 of the ramp is under way, and the new one has fewer. Keep as many steps" == answer.sentence


def test_a_policy_with_another_number_of_instances_is_refused_while_traffic_is_watched():
    (answer,) = ask(a_stage("bake"), Verb.APPLY, policy=a_policy(instances=3)).answers
    assert "run.instances cannot change in bake: what was validated is what serves" == answer.sentence


def test_a_command_without_a_policy_cannot_be_applied():
    (answer,) = ask(a_stage("bake"), Verb.APPLY, policy=None).answers
    assert "no policy came with it. Use `verdigris config apply --now`" == answer.sentence
