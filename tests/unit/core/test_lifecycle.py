"""The table of phases: every row is entered, forward and backward, and left for the right reason."""

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
    a_deployment,
    a_first_stage,
    a_slot,
    a_stage,
    a_stage_turned_back,
    a_stuck_stage,
    at_phase,
    empty,
    kinds,
    routing_of,
)
from verdigris.core.judge import VerdictKind
from verdigris.core.lifecycle import BACKWARD, ENDINGS, FORWARD, ROWS, decide
from verdigris.core.policy import OnUnknown, Step
from verdigris.core.safety import Kind
from verdigris.core.world import Check, Known, Unknown, Verb, Weights

WATCHED = ("cutover", "drain", "bake", "stabilize")
PLAIN = ["provision", "validate", "cutover", "drain", "bake", "stabilize", "decommission", "succeeded"]


# --- the way forward ------------------------------------------------------------------------------------------


def test_goes_forward_and_passes_over_what_is_not_configured():
    stage = a_stage()
    stage.walk("succeeded")
    assert PLAIN == stage.visited


def test_goes_through_every_row_when_everything_is_configured():
    stage = a_stage(**EVERYTHING, ramp=RAMP)
    stage.walk("succeeded")
    assert [row.name for row in FORWARD][1:] == stage.visited


def test_the_first_deployment_has_nothing_to_drain_to_keep_hot_or_to_compare_with():
    stage = a_first_stage(**EVERYTHING, ramp=RAMP)
    stage.walk("succeeded")
    assert [
        "expand",
        "provision",
        "validate",
        "gate",
        "cutover",
        "bake",
        "decommission",
        "succeeded",
    ] == stage.visited


def test_the_first_deployment_takes_all_traffic_in_one_step():
    stage = a_first_stage("cutover", ramp=RAMP)
    assert Weights(100, 0) == stage.routing.weights


def test_what_is_passed_over_is_said():
    notes = [note.sentence for note in a_stage().look().notes]
    assert ["expand is not configured", "provision"] == notes


@pytest.mark.parametrize("row", [row for row in FORWARD if row.name != "preflight"], ids=lambda row: row.name)
def test_every_row_forward_is_entered_when_it_is_configured(row):
    assert row.name == a_stage(row.name, **EVERYTHING, ramp=RAMP).d.phase


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"expand": False}, "expand"),
        ({"contract": False}, "contract"),
        ({"rehearse": 0}, "rehearse"),
        ({"gate": False, "expand": False}, "expand gate"),
        ({"holdback": 5, "ramp": (Step(95, 5.0),)}, "drain"),
    ],
)
def test_a_row_that_is_not_configured_is_passed_over(changes, missing):
    stage = a_stage(**{**EVERYTHING, **changes})
    stage.walk("succeeded")
    assert [row.name for row in FORWARD if row.name not in ("preflight", *missing.split())] == stage.visited


def test_the_ramp_goes_step_by_step():
    stage = a_stage("cutover", ramp=RAMP)
    seen = [stage.routing.weights[GREEN]]
    while stage.d.phase == "cutover":
        stage.look()
        seen.append(stage.routing.weights[GREEN])
    assert [10, 50, 100] == sorted(set(seen))
    assert seen == sorted(seen)


def test_a_holdback_stays_on_the_old_slot_until_stabilize():
    stage = a_stage("bake", holdback=5, ramp=(Step(95, 5.0),))
    assert Weights(5, 95) == stage.routing.weights
    stage.walk("stabilize")
    assert Weights(0, 100) == stage.routing.weights


def test_after_the_deployment_only_the_new_release_is_left():
    stage = a_stage("succeeded")
    stage.look()
    assert (empty().value, NEW.version) == (stage.slots[BLUE].value, stage.slots[GREEN].value.version)
    assert ((), Weights(0, 100)) == (stage.look().actions, stage.routing.weights)


def test_an_ended_deployment_waits_for_nothing_and_keeps_what_it_left():
    stage = a_stage("succeeded")
    assert "" == stage.look().waiting_for
    stage.slots[GREEN] = empty()
    assert Kind.PROVISION in kinds(stage.look())


# --- the way back ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", BACKWARD, ids=lambda row: row.name)
def test_every_row_backward_is_entered(row):
    assert row.name == at_phase(row.name).d.phase


def test_every_row_is_forward_or_backward():
    assert set(ROWS) == {row.name for row in (*FORWARD, *BACKWARD)}
    assert ENDINGS <= set(ROWS)


@pytest.mark.parametrize("configured", [{}, {**EVERYTHING, "ramp": RAMP}], ids=["plain", "everything"])
@pytest.mark.parametrize("phase", WATCHED)
def test_a_bad_candidate_is_rolled_back_from_every_watched_phase(phase, configured):
    stage = a_stage(phase, **configured)
    stage.slots[GREEN] = a_slot(GREEN, NEW, alive=False)
    decision = stage.look()
    assert ("restore", Weights(100, 0)) == (decision.deployment.phase, stage.routing.weights)
    assert "every instance of 2.0 in green is gone" == decision.deployment.cause
    stage.walk("rolled_back")
    assert ["restore", "settle", "discard", "rolled_back"] == stage.visited[-4:]
    assert stage.slots[GREEN].value.empty


@pytest.mark.parametrize(
    "phase", [row.name for row in FORWARD if row.name not in (*WATCHED, "preflight")][:5]
)
def test_before_any_traffic_moved_the_way_back_is_an_abort(phase):
    stage = a_stage(phase, **EVERYTHING)
    stage.look(Verb.ABORT)
    stage.walk("aborted")
    assert "restore" not in stage.visited
    assert (Weights(100, 0), True) == (stage.routing.weights, stage.slots.get(GREEN, empty()).value.empty)


def test_a_roll_back_is_alerted_with_its_cause():
    stage = a_stage("bake")
    stage.errors[GREEN] = 0.5
    alerts = [note.sentence for note in stage.look().notes if note.kind == "alert"]
    assert ["2.0 is rolled back: green fails 50.0% of its requests (limit 1.00%)"] == alerts


def test_the_roll_back_of_a_router_that_turned_by_itself_is_made_permanent():
    stage = a_stage("bake")
    stage.slots[GREEN], stage.fell_back = a_slot(GREEN, NEW, alive=False), BLUE
    stage.look()
    assert ("restore", Weights(100, 0), None) == (stage.d.phase, stage.routing.weights, stage.fell_back)


def test_a_bad_candidate_stays_when_the_old_slot_cannot_serve_and_a_person_is_called():
    stage = a_stage("bake")
    stage.errors[GREEN], stage.slots[BLUE] = 0.5, a_slot(BLUE, OLD, alive=False)
    decision = stage.look()
    assert ("bake", Weights(0, 100)) == (decision.deployment.phase, stage.routing.weights)
    assert "blue to be able to serve" in decision.waiting_for
    assert [True] == ["blue cannot serve" in note.sentence for note in decision.notes if note.kind == "alert"]
    assert [] == [note for note in stage.look().notes if note.kind == "alert"]


def test_it_rolls_back_as_soon_as_the_old_slot_can_serve_again():
    stage = a_stage("bake")
    stage.errors[GREEN], stage.slots[BLUE] = 0.5, a_slot(BLUE, OLD, alive=False)
    stage.look()
    stage.slots[BLUE] = a_slot(BLUE, OLD, 1)
    assert "restore" == stage.look().deployment.phase


def test_the_first_deployment_that_is_bad_is_stuck_for_there_is_nothing_to_go_back_to():
    stage = a_first_stage("bake")
    stage.errors[BLUE] = 0.5
    decision = stage.look()
    assert ("stuck", Weights(100, 0)) == (decision.deployment.phase, stage.routing.weights)
    assert "nothing to go back to" in decision.waiting_for
    assert ["alert"] == [note.kind for note in decision.notes if "stuck in bake" in note.sentence]


def test_what_fails_in_both_slots_is_nobodys_fault_and_unknown():
    stage = a_stage("cutover", ramp=RAMP)
    stage.walk("cutover")
    for _ in range(8):
        stage.errors[GREEN] = stage.errors[BLUE] = 0.5
        stage.rate = 1000
        decision = stage.look()
    assert (VerdictKind.UNKNOWN, "cutover") == (decision.verdict.kind, decision.deployment.phase)
    assert "a verdict: green and blue both fail" in decision.waiting_for


# --- limits ---------------------------------------------------------------------------------------------------

LIMITS = {
    "preflight": "abort",
    "expand": "abort",
    "provision": "abort",
    "validate": "abort",
    "rehearse": "abort",
    "gate": "abort",
    "cutover": "restore",
    "restore": "stuck",
    "abort": "stuck",
    "discard": "stuck",
    "decommission": "stuck",
}


def test_every_phase_that_has_a_limit_is_in_the_list():
    assert set(LIMITS) == {name for name, row in ROWS.items() if row.within}


@pytest.mark.parametrize(("phase", "then"), LIMITS.items())
def test_a_phase_that_takes_too_long_is_left(phase, then):
    """Nothing that is asked for happens, while everything can be seen."""
    quick = {
        f"{name}_within": 5.0
        for name in (*LIMITS, "settle", "prove")
        if hasattr(a_stage().p, f"{name}_within")
    }
    stage = at_phase(phase, **quick)
    unfinish(stage)
    stage.walk(then, within=60)
    assert f"{phase} took longer than" in stage.d.cause


def unfinish(stage):
    """What the phase waits for does not come about."""
    stage.deaf = True
    match stage.d.phase:
        case "preflight":
            stage.slots[GREEN] = a_slot(GREEN, OLD)
        case "expand":
            stage.schema = replace(stage.schema, expanded=False)
        case "provision" | "validate" | "gate":
            stage.slots[GREEN] = a_slot(GREEN, NEW, 1)
        case "rehearse":
            stage.samples = 0
        case "cutover" | "restore" | "abort":
            stage.routing = replace(stage.routing, weights=Weights(50, 50))
            stage.generation = 5
        case "discard":
            stage.slots[GREEN] = a_slot(GREEN, NEW)
        case "decommission":
            stage.slots[BLUE] = a_slot(BLUE, OLD)


def test_the_time_in_which_nobody_looked_is_not_held_against_a_phase():
    stage = a_stage("provision", provision_within=60.0)
    stage.slots[GREEN], stage.deaf = empty(), True
    stage.look()
    stage.look(after=3600.0)
    assert "provision" == stage.d.phase


def test_a_stuck_deployment_goes_on_when_what_it_waited_for_came_about_after_all():
    stage = a_stuck_stage()
    assert "stuck" == stage.look().deployment.phase
    assert "settle" == stage.look().deployment.phase


def test_a_stuck_deployment_goes_on_wanting_what_it_got_stuck_in():
    stage = a_stuck_stage()
    assert Weights(100, 0) == routing_of(stage.look()).weights


# --- blindness ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("choice", "ends"), [(OnUnknown.HOLD, "provision"), (OnUnknown.ABORT, "abort")])
def test_blind_before_the_cutover_it_does_what_was_configured(choice, ends):
    stage = a_stage("provision", before_cutover=choice, unknown_for=20.0, alert_after=5.0)
    stage.slots[GREEN] = UNSEEN
    phases = [stage.look().deployment.phase for _ in range(30)]
    assert ("provision", ends) == (phases[10], phases[20])


@pytest.mark.parametrize(("choice", "ends"), [(OnUnknown.HOLD, "bake"), (OnUnknown.ROLLBACK, "restore")])
def test_blind_after_the_cutover_it_does_what_was_configured(choice, ends):
    stage = a_stage("bake", after_cutover=choice, unknown_for=20.0, alert_after=5.0)
    stage.show["signals"] = Unknown("the log stream is cut")
    phases = [stage.look().deployment.phase for _ in range(30)]
    assert ("bake", ends) == (phases[10], phases[20])


def test_blind_it_does_not_roll_back_to_a_slot_that_cannot_serve():
    stage = a_stage("bake", after_cutover=OnUnknown.ROLLBACK, unknown_for=5.0)
    stage.show["signals"], stage.slots[BLUE] = (
        Unknown("the log stream is cut"),
        a_slot(BLUE, OLD, alive=False),
    )
    assert {"bake"} == {stage.look().deployment.phase for _ in range(20)}


@pytest.mark.parametrize("phase", ["provision", "bake"])
def test_whoever_stands_still_blind_calls_a_person_once(phase):
    stage = a_stage(phase, alert_after=5.0)
    stage.show["signals"], stage.slots[GREEN] = Unknown("the log stream is cut"), UNSEEN
    alerts = [n.sentence for _ in range(20) for n in stage.look().notes if n.kind == "alert"]
    assert 1 == len(alerts)
    assert f"{phase} stands still, waiting for" in alerts[0]


def test_time_of_an_unknown_verdict_does_not_count():
    stage = a_stage("bake", bake=10.0)
    stage.show["signals"] = Unknown("the log stream is cut")
    decisions = [stage.look() for _ in range(50)]
    assert ("bake", 0.0) == (stage.d.phase, stage.d.lasted("good"))
    assert (
        "a verdict: no request counts: the log stream is cut; then 10 s more of good evidence (of 10 s)"
        == (decisions[-1].waiting_for)
    )


def test_a_moment_of_blindness_pauses_the_evidence_and_does_not_void_it():
    stage = a_stage("bake", bake=10.0)
    for _ in range(5):
        stage.look()
    before = stage.d.lasted("good")
    stage.show["signals"] = Unknown("the log stream is cut")
    stage.look()
    del stage.show["signals"]
    stage.look()
    assert before == stage.d.lasted("good")
    assert before + 1 == stage.look().deployment.lasted("good")


# --- held, foreign, rebooted, newer ---------------------------------------------------------------------------


def test_a_held_deployment_stands_still_and_its_clocks_with_it():
    stage = a_stage("bake", bake=10.0)
    decision = stage.look(Verb.HOLD)
    before = stage.d.lasted("good")
    for _ in range(30):
        decision = stage.look()
    assert ("bake", before) == (stage.d.phase, stage.d.lasted("good"))
    assert "`verdigris resume`: held because ada asked for it" == decision.waiting_for


def test_a_held_deployment_is_rolled_back_all_the_same():
    stage = a_stage("bake")
    stage.look(Verb.HOLD)
    stage.errors[GREEN] = 0.5
    assert ("restore", "") == (stage.look().deployment.phase, stage.d.held)


def edited(stage, keeps_stamp=False):
    stage.routing = replace(stage.routing, weights=Weights(50, 50))
    stage.generation = stage.generation if keeps_stamp else None
    return stage


@pytest.mark.parametrize("keeps_stamp", [False, True])
@pytest.mark.parametrize("phase", ["validate", *WATCHED])
def test_a_foreign_edit_holds_alerts_and_is_not_fought(phase, keeps_stamp):
    stage = edited(a_stage(phase), keeps_stamp=keeps_stamp)
    decisions = [stage.look() for _ in range(10)]
    assert [Weights(50, 50), phase] == [stage.routing.weights, stage.d.phase]
    assert 1 == sum(note.kind == "alert" for decision in decisions for note in decision.notes)
    assert "a person: the router was changed" in decisions[-1].waiting_for


def test_a_foreign_edit_is_replaced_when_a_person_says_resume():
    stage = edited(a_stage("bake"))
    stage.look()
    stage.look(Verb.RESUME)
    assert (Weights(0, 100), stage.d.generation) == (stage.routing.weights, stage.generation)
    assert "succeeded" == stage.walk("succeeded").deployment.phase


def test_a_rollback_replaces_a_foreign_edit_without_another_word():
    stage = edited(a_stage("bake"))
    stage.look(Verb.ROLLBACK)
    assert Weights(100, 0) == stage.routing.weights


def test_a_router_that_came_back_with_an_older_generation_is_repaired():
    stage = a_stage("bake")
    stage.routing, stage.generation = replace(stage.routing, weights=Weights(100, 0)), 5
    assert [Kind.ROUTE] == kinds(stage.look())
    assert ("bake", Weights(0, 100)) == (stage.d.phase, stage.routing.weights)


def test_a_reboot_keeps_the_evidence_and_adds_nothing_to_it():
    stage = a_stage("bake", bake=10.0)
    for _ in range(5):
        stage.look()
    before = stage.d.lasted("good")
    stage.base = "boot-2"
    stage.look(after=300.0)
    assert before == stage.d.lasted("good")
    assert before + 1 == stage.look().deployment.lasted("good")


def test_a_suspended_machine_gets_a_look_s_worth_of_evidence_at_most():
    stage = a_stage("stabilize", stabilize=20.0)
    stage.look()
    stage.look(after=90_000.0)
    assert ("stabilize", True) == (stage.d.phase, stage.d.lasted("good") <= stage.p.fresh_within)


@pytest.mark.parametrize("newer", [{"phase": "levitate"}, {"format": 99}])
def test_what_a_newer_version_wrote_is_not_touched(newer):
    stage = a_stage("bake")
    written = replace(stage.d, **newer)
    decision = decide(written, stage.world(Verb.ROLLBACK), stage.p)
    assert (written, (), (), ()) == (decision.deployment, decision.actions, decision.notes, decision.answers)
    assert "a verdigris that knows the phase" in decision.waiting_for


def test_a_checklist_that_fails_aborts_before_anything_starts():
    stage = a_stage()
    stage.checks = (Check("room", True, "there is room"), Check("port", False, "port 8080 is taken by pid 7"))
    stage.look()
    assert ("abort", "port 8080 is taken by pid 7") == (stage.d.phase, stage.d.cause)
    assert stage.slots.get(GREEN) is None
    stage.walk("aborted")
    assert stage.slots.get(GREEN) is None


def test_an_instance_that_was_given_up_on_ends_the_wait():
    stage = a_stage("provision")
    stage.slots[GREEN] = a_slot(GREEN, NEW, broken=True, alive=False, sentence="exit code 3")
    stage.look()
    assert ("abort", "green-1 does not come up: exit code 3; green-2 does not come up: exit code 3") == (
        stage.d.phase,
        stage.d.cause,
    )


def test_a_decision_depends_on_nothing_but_what_it_is_given():
    stage = a_stage("bake")
    world = stage.world()
    assert decide(stage.d, world, stage.p) == decide(stage.d, world, stage.p)


def test_a_world_in_which_nothing_can_be_seen_leads_to_nothing():
    stage = a_stage("bake")
    stage.slots = {BLUE: UNSEEN, GREEN: UNSEEN}
    stage.show = {"reading": UNSEEN, "front": UNSEEN, "signals": UNSEEN}
    decision = stage.look()
    assert ((), "bake") == (decision.actions, decision.deployment.phase)


def test_a_verdict_is_not_shown_for_a_phase_that_it_was_not_made_in():
    stage = a_stage("bake")
    stage.errors[GREEN] = 0.5
    assert None is stage.look().verdict


def test_a_deployment_is_never_changed_in_place():
    stage = a_stage()
    before = a_deployment()
    decide(before, stage.world(), stage.p)
    assert a_deployment() == before


def test_a_known_candidate_without_instances_is_gone():
    stage = a_stage("bake")
    stage.slots[GREEN] = Known(replace(stage.slots[GREEN].value, instances=()), stage.now)
    assert "restore" == stage.look().deployment.phase


def test_on_the_way_back_the_candidate_settles_before_it_is_discarded():
    stage = a_stage_turned_back("settle")
    stage.in_flight[GREEN] = Known(3, stage.now)
    assert "3 requests in flight in green" in stage.look().waiting_for
    assert {"settle"} == {stage.look().deployment.phase for _ in range(3)}
    stage.in_flight[GREEN] = Known(0, stage.now)
    assert "discard" == stage.look().deployment.phase
