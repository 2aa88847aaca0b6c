"""The way back, tried: there and back by evidence, and home again whatever goes wrong on the way."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEXT,
    OLD,
    UNSEEN,
    Stage,
    a_first_stage,
    a_policy,
    a_slot,
    a_stage,
    at_phase,
    empty,
)
from verdigris.core.deployment import Outcome
from verdigris.core.drills import SINCE, begin, go_on, homeward, lasts, orphaned, refusal, waiting
from verdigris.core.intake import Wish, admit
from verdigris.core.lifecycle import decide
from verdigris.core.world import Command, Known, Pause, PerSlot, Unknown, Verb, Weights

HOME = Weights(0, 100)
TIMES = {"stabilize": 100.0, "drill_for": 3.0, "cutover_within": 20.0}


def hot(**changes) -> Stage:
    """Green serves and has for a while, blue is kept hot."""
    stage = a_stage("stabilize", **{**TIMES, **changes})
    stage.look()
    stage.look()
    return stage


def ask(stage: Stage, *verbs: Verb, share: int = 0, after: float = 1.0):
    """One look, with commands that name a share."""
    stage.now += after
    commands = tuple(Command(n + 1, verb, "ada", share=share) for n, verb in enumerate(verbs))
    decision = decide(stage.d, replace(stage.world(), commands=commands, wall=5000.0), stage.p)
    stage.d = replace(decision.deployment, generation=stage.d.generation + 1)
    for action in decision.actions:
        if not stage.deaf:
            stage.do(action)
    return decision


def drilling(share: int = 100, **changes) -> Stage:
    """A drill has sent its share to blue, and blue answers."""
    stage = hot(**changes)
    ask(stage, Verb.DRILL, share=share)
    ask(stage)
    assert stage.d.drill is not None and stage.d.drill.there is not None
    return stage


def end(stage: Stage, within: int = 60) -> list[str]:
    """Look until the drill is over; what the event log says of it."""
    said = []
    for _ in range(within):
        said += [f"{note.kind}: {note.sentence}" for note in ask(stage).notes]
        if stage.d.drill is None:
            return said
    raise AssertionError(f"the drill did not end, it waits for {waiting(stage.d, stage.world(), stage.p)}")


# --- there and back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [1, 10, 50, 60, 100])
def test_a_share_goes_to_the_old_slot_and_comes_back(share):
    stage = hot()
    decision = ask(stage, Verb.DRILL, share=share)
    assert [True] == [answer.accepted for answer in decision.answers]
    assert Weights(share, 100 - share) == stage.routing.weights
    said = end(stage)
    assert HOME == stage.routing.weights
    assert "stabilize" == stage.d.phase
    assert stage.d.drilled is not None
    assert (share, BLUE, "1.0", "ada", "") == (
        *(stage.d.drilled.share, stage.d.drilled.slot, stage.d.drilled.version),
        *(stage.d.drilled.actor, stage.d.drilled.trouble),
    )
    assert said[-1].startswith(f"drill: the way back works: {share} % to blue (1.0), there in 1.0 s, back in")


def test_without_a_share_the_policys_is_sent():
    stage = hot(drill_share=25)
    ask(stage, Verb.DRILL)
    assert Weights(25, 75) == stage.routing.weights


@pytest.mark.parametrize(("share", "fallback"), [(10, BLUE), (50, BLUE), (51, GREEN), (100, GREEN)])
def test_the_slot_with_less_is_there_for_the_death_of_the_one_with_more(share, fallback):
    assert fallback is drilling(share).routing.fallback


def test_it_has_arrived_when_the_front_door_says_so_and_not_when_it_was_told():
    stage = hot()
    ask(stage, Verb.DRILL, share=100)
    stage.show["front"] = stage.answer(GREEN)
    for _ in range(5):
        decision = ask(stage)
    assert stage.d.drill is not None and stage.d.drill.there is None
    assert "the drill: 1.0 in blue to answer through the front door, 2.0 in green did" == decision.waiting_for


def test_it_stays_for_as_much_good_evidence_as_is_asked_for_and_unknown_is_none():
    stage = drilling()
    stage.show["signals"] = Unknown("the log stream is cut")
    for _ in range(8):
        decision = ask(stage)
    assert "the drill: a verdict over blue: no request counts: the log stream is cut" == decision.waiting_for
    del stage.show["signals"]
    ask(stage)
    ask(stage)
    assert not homeward(stage.d)
    ask(stage)
    ask(stage)
    assert homeward(stage.d)


def test_it_is_home_when_the_front_door_says_so():
    stage = drilling()
    while not homeward(stage.d):
        ask(stage)
    stage.show["front"] = stage.answer(BLUE)
    for _ in range(5):
        ask(stage)
    assert stage.d.drill is not None and stage.d.drilled is None
    del stage.show["front"]
    end(stage)
    assert stage.d.drilled is not None and stage.d.drilled.back >= 5.0


def test_who_does_not_get_home_in_time_calls_a_person_once():
    stage = drilling(alert_after=5.0)
    while not homeward(stage.d):
        ask(stage)
    stage.show["front"] = stage.answer(BLUE)
    alerts = [n.sentence for _ in range(20) for n in ask(stage).notes if n.kind == "alert"]
    assert 1 == len(alerts)
    assert "the drill does not get home from blue, waiting for 2.0 in green to answer" in alerts[0]


def test_one_able_instance_is_enough_to_come_home_to():
    stage = drilling()
    stage.slots[GREEN] = a_slot(GREEN, stage.d.release, 1)
    end(stage)
    assert HOME == stage.routing.weights


# --- what it does not do to the deployment --------------------------------------------------------------------


def test_its_time_does_not_count_and_takes_nothing_from_what_was_counted():
    stage = hot()
    before = stage.d.lasted("good")
    assert before > 0
    ask(stage, Verb.DRILL, share=100)
    between = stage.d.lasted("good")
    while stage.d.drill is not None:
        assert between == stage.d.lasted("good")
        ask(stage)
    ask(stage)
    ask(stage)
    assert between < stage.d.lasted("good") <= between + 2.0


def test_the_deployment_does_not_go_on_in_mid_drill_even_when_it_is_promoted():
    stage = drilling()
    ask(stage, Verb.PROMOTE)
    assert "stabilize" == stage.d.phase
    end(stage)
    stage.walk("succeeded")


def test_what_it_found_is_kept_when_the_deployment_is_promoted_meanwhile():
    stage = drilling(30)
    ask(stage, Verb.PROMOTE)
    counted = [stage.signals()]
    while stage.d.drill is not None:
        counted.append(stage.signals())
        stage.show["signals"] = counted[-2]  # two seconds late at the next look
        ask(stage)
    assert stage.d.drilled is not None and (30, "") == (stage.d.drilled.share, stage.d.drilled.trouble)


# --- when it goes wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [10, 100])
def test_an_old_slot_that_fails_its_requests_sends_traffic_home_at_once_and_calls_a_person(share):
    stage = drilling(share)
    stage.errors[BLUE] = 0.5
    (alert,) = [note for note in ask(stage).notes if note.kind == "alert"]
    assert HOME == stage.routing.weights
    assert alert.sentence.startswith("the way back does not work: blue fails 50.0% of its requests")
    assert "requests" in alert.evidence
    assert "drill: the way back does not work: " in end(stage)[-1]
    assert "blue fails 50.0%" in stage.d.drilled.trouble
    assert "stabilize" == stage.d.phase


@pytest.mark.parametrize(
    "ill",
    [
        a_slot(BLUE, OLD, 1),
        a_slot(BLUE, OLD, alive=False, owns_port=None),
        a_slot(BLUE, NEXT),
        empty(),
    ],
    ids=["one instance missing", "all dead", "another release", "empty"],
)
def test_an_old_slot_that_is_not_well_sends_traffic_home_at_once(ill):
    stage = drilling()
    stage.slots[BLUE] = ill
    ask(stage)
    assert HOME == stage.routing.weights
    end(stage)
    assert stage.d.drilled.trouble


def test_the_routers_own_turn_home_is_made_permanent():
    stage = drilling()
    stage.fell_back = GREEN
    ask(stage)
    assert (HOME, None) == (stage.routing.weights, stage.fell_back)
    end(stage)
    assert "blue had no usable instance left and the router turned to green by itself" in (
        stage.d.drilled.trouble
    )


def test_what_cannot_be_seen_is_no_proof_against_the_way_back_and_ends_it_all_the_same():
    stage = drilling()
    before = stage.d.drilled
    stage.show["signals"] = UNSEEN
    said = end(stage)
    assert (HOME, before) == (stage.routing.weights, stage.d.drilled)
    assert said[-1].startswith("drill: broken off, traffic is on green: no proof within 23 s")
    assert not any(line.startswith("alert: the way back") for line in said)


def test_a_drill_that_nobody_looked_at_until_its_time_was_over_comes_home_and_says_nothing():
    stage = hot()
    ask(stage, Verb.DRILL, share=100)
    ask(stage, after=101.0)
    assert stage.d.drill is not None
    assert (None, Outcome.BROKEN_OFF) == (stage.d.drill.there, stage.d.drill.outcome)
    end(stage)
    assert (HOME, None) == (stage.routing.weights, stage.d.drilled)


def test_a_router_that_does_not_do_it_in_time_is_a_way_back_that_does_not_work():
    stage = hot()
    stage.deaf = True
    ask(stage, Verb.DRILL, share=100)
    for _ in range(25):
        ask(stage)
    stage.deaf = False
    end(stage)
    assert (None, HOME) == (stage.d.drilled.there, stage.routing.weights)
    assert "it still waited for the router to say blue 100 % green 0 %" in stage.d.drilled.trouble


def test_a_candidate_that_gets_worse_meanwhile_is_rolled_back_for_good():
    stage = drilling(10)
    stage.errors[GREEN] = 0.5
    notes = [note.sentence for note in ask(stage).notes]
    assert ("restore", None) == (stage.d.phase, stage.d.drill)
    assert "broken off: it goes on to restore" in notes
    assert Weights(100, 0) == stage.routing.weights


# --- what is found out before something more important comes --------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "by"), [(Verb.ROLLBACK, "it goes on to restore"), (None, "superseded by d-3")]
)
def test_one_that_failed_and_is_cut_off_before_it_is_home_is_remembered_with_why(verb, by):
    stage = drilling(10)
    stage.errors[BLUE] = 0.5
    ask(stage)
    assert homeward(stage.d)
    stage.errors.clear()  # it can serve again, so that somebody may go back to it
    if verb is None:
        admission = admit(
            Wish("api", NEXT, "ada", "key", "hash"), 3, stage.d, stage.p, stage.world().router.reading
        )
        assert admission.superseded.drilled == admission.deployment.drilled
        stage.d = admission.superseded
    else:
        notes = [note.sentence for note in ask(stage, verb).notes]
        assert any(said.startswith("the way back does not work: blue fails 50.0%") for said in notes)
    record = stage.d.drilled
    assert (None, None, by, "d-2") == (stage.d.drill, record.back, record.cut_off, record.deployment)
    assert record.trouble.startswith("blue fails 50.0%")


def test_one_that_went_well_and_is_cut_off_is_no_success_and_leaves_what_was_known():
    stage = drilling(10)
    end(stage)
    before = stage.d.drilled
    ask(stage, Verb.DRILL, share=10)
    ask(stage)
    ask(stage, Verb.ROLLBACK)
    assert (None, before) == (stage.d.drill, stage.d.drilled)


def test_that_the_way_back_does_not_work_is_remembered_at_once_and_counted_to_the_end_afterwards():
    stage = drilling(10)
    stage.errors[BLUE] = 0.5
    ask(stage)
    assert (True, None) == (bool(stage.d.drilled.trouble), stage.d.drilled.back)
    end(stage)
    assert (True, "") == (stage.d.drilled.back is not None, stage.d.drilled.cut_off)


# --- requests that do not come back ---------------------------------------------------------------------------


def silent(stage: Stage, inside: int) -> None:
    """The old slot answers nobody any more: requests stay inside, and none is counted."""
    stage.in_flight[BLUE] = Known(inside, stage.now)
    stage.unanswering = BLUE


def test_an_old_slot_that_hangs_sends_traffic_home_before_any_request_has_failed():
    stage = drilling(10, drill_for=60.0)
    silent(stage, 400)
    alerts = [n.sentence for _ in range(8) for n in ask(stage).notes if n.kind == "alert"]
    assert 1 == len(alerts)
    assert "400 requests are inside blue, which answered 0 in the last 5 s" in alerts[0]
    assert (HOME, Outcome.FAILED) == (stage.routing.weights, stage.d.drill.outcome)


def test_where_every_request_lasts_long_staying_inside_says_nothing():
    stage = hot(drill_for=60.0)
    stage.milliseconds = 9000.0
    ask(stage, Verb.DRILL, share=10)
    ask(stage)
    silent(stage, 400)
    for _ in range(8):
        ask(stage)
    assert stage.d.drill.turned is None


def test_what_had_been_inside_before_is_not_the_drills():
    stage = hot(drill_for=60.0)
    stage.in_flight[BLUE] = Known(400, stage.now)
    ask(stage, Verb.DRILL, share=10)
    stage.unanswering = BLUE
    for _ in range(9):
        ask(stage)
    assert stage.d.drill.turned is None


def test_it_waits_for_requests_that_stayed_behind_and_counts_those_that_do_not_come_back_as_failed():
    stage = drilling(100, drain=4.0)
    while not homeward(stage.d):
        ask(stage)
    stage.in_flight[BLUE] = Known(7, stage.now)
    decision = ask(stage)
    assert "the drill: 7 requests to come back from blue, at most 4 s more" == decision.waiting_for
    said = end(stage)
    assert 7 == stage.d.drilled.unanswered == stage.d.drilled.failed[BLUE]
    assert "7 of them never came back from blue" in said[-1]


def test_requests_that_come_back_in_time_have_not_failed():
    stage = drilling(100)
    while not homeward(stage.d):
        ask(stage)
    stage.in_flight[BLUE] = Known(7, stage.now)
    ask(stage)
    ask(stage)
    stage.in_flight[BLUE] = Known(0, stage.now)
    end(stage)
    assert (0, 0, "") == (stage.d.drilled.unanswered, stage.d.drilled.failed[BLUE], stage.d.drilled.trouble)


def test_too_many_that_do_not_come_back_are_a_way_back_that_does_not_work_and_call_a_person():
    stage = drilling(100, drain=4.0)
    while not homeward(stage.d):
        ask(stage)
    stage.in_flight[BLUE] = Known(100, stage.now)
    said = end(stage)
    assert said[-1].startswith("alert: the way back does not work: ")
    assert "100 of" in stage.d.drilled.trouble and "did not come back" in stage.d.drilled.trouble


def test_none_of_the_few_that_came_by_and_came_back_is_a_way_back_that_does_not_work():
    stage = hot(drain=4.0)
    stage.rate = 0
    ask(stage, Verb.DRILL, share=100)
    while not homeward(stage.d):
        ask(stage)
    stage.in_flight[BLUE] = Known(2, stage.now)
    end(stage)
    assert "2 of 2" in stage.d.drilled.trouble


def test_who_cannot_see_what_is_inside_says_so():
    stage = drilling(100, drain=4.0)
    stage.in_flight[BLUE] = UNSEEN
    said = end(stage)
    assert (None, "") == (stage.d.drilled.unanswered, stage.d.drilled.trouble)
    assert "nobody could see whether all came back from blue" in said[-1]


def test_a_slot_that_answered_nobody_until_the_time_was_over_is_a_way_back_that_does_not_work():
    stage = hot(drain=4.0, cutover_within=4.0)
    ask(stage, Verb.DRILL, share=100)
    stage.show["front"] = Unknown("no answer within 5 s")
    silent(stage, 3)
    while not homeward(stage.d):
        ask(stage)
    del stage.show["front"]
    end(stage)
    assert "3 requests are inside blue, which answered none" in stage.d.drilled.trouble


# --- who wants something else ---------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [10, 100])
def test_a_rollback_wins_at_once(share):
    stage = drilling(share)
    ask(stage, Verb.DRILL, Verb.ROLLBACK)
    assert (True, None) == (stage.d.phase in ("restore", "settle"), stage.d.drill)
    assert Weights(100, 0) == stage.routing.weights
    stage.walk("rolled_back")


@pytest.mark.parametrize(
    ("verb", "why"), [(Verb.HOLD, "held because ada asked for it"), (Verb.PAUSE, "the app is paused")]
)
def test_a_hold_and_a_pause_bring_traffic_home(verb, why):
    stage = drilling()
    ask(stage, verb)
    assert HOME == stage.routing.weights
    assert f"drill: broken off, traffic is on green: {why}" in end(stage)
    assert stage.d.drilled is None


def test_a_router_that_somebody_else_changed_is_not_touched_and_comes_home_after_a_resume():
    stage = drilling()
    stage.routing, stage.generation = replace(stage.routing, weights=Weights(30, 70)), None
    for _ in range(3):
        ask(stage)
    assert (Weights(30, 70), True) == (stage.routing.weights, homeward(stage.d))
    ask(stage, Verb.RESUME)
    end(stage)
    assert HOME == stage.routing.weights


def test_a_reboot_brings_traffic_home():
    stage = drilling()
    stage.base, stage.now = "boot-2", 5.0
    ask(stage)
    assert HOME == stage.routing.weights
    assert "drill: broken off, traffic is on green: the machine was started anew" in end(stage)


def test_what_another_controller_was_trying_is_not_carried_on():
    stage = drilling()
    stage.d = orphaned(stage.d, stage.now)
    ask(stage)
    assert HOME == stage.routing.weights
    assert "drill: broken off, traffic is on green: the controller that tried it is gone" in end(stage)


def test_what_was_found_out_before_the_controller_ended_stays_found_out():
    stage = drilling()
    stage.errors[BLUE] = 0.5
    ask(stage)
    stage.d = orphaned(stage.d, stage.now)
    assert stage.d.drill.outcome is Outcome.FAILED
    end(stage)
    assert "blue fails 50.0%" in stage.d.drilled.trouble


def test_a_new_deployment_ends_it_and_knows_of_the_last_one_that_came_to_an_end():
    stage = drilling(10)
    end(stage)
    ask(stage, Verb.DRILL, share=10)
    wish = Wish("api", NEXT, "ada", "key", "hash")
    reading = stage.world().router.reading
    admission = admit(wish, 3, stage.d, stage.p, reading)
    assert (None, None) == (admission.superseded.drill, admission.deployment.drill)
    assert 10 == admission.deployment.drilled.share
    assert 0 == admission.deployment.lasted(SINCE)
    stage.d = admission.deployment
    stage.look()
    assert HOME == stage.routing.weights


# --- when it is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["preflight", "gate", "cutover", "drain", "bake", "restore", "stuck"])
def test_it_is_refused_in_other_phases(phase):
    (answer,) = ask(at_phase(phase), Verb.DRILL).answers
    assert not answer.accepted
    assert f"no way back can be tried in {phase}. See `verdigris status`" in answer.sentence


def test_it_is_refused_where_there_is_no_second_slot():
    (answer,) = ask(a_first_stage("bake"), Verb.DRILL).answers
    assert answer.sentence.startswith("this is the first deployment and there is no second slot")


def test_it_is_refused_while_another_is_under_way():
    (answer,) = ask(drilling(), Verb.DRILL).answers
    assert answer.sentence.startswith("a drill is under way already")


def test_it_is_refused_while_the_old_slot_is_not_well():
    stage = hot()
    stage.slots[BLUE] = a_slot(BLUE, OLD, 1)
    (answer,) = ask(stage, Verb.DRILL).answers
    assert (
        "it still waits for 1 of 2 instances of 1.0 in blue to come up, so no traffic is sent to blue. "
        "See `verdigris status`" == answer.sentence
    )


def test_it_is_refused_while_it_is_held_paused_or_strange():
    held, paused, strange = hot(), hot(), hot()
    ask(held, Verb.HOLD)
    ask(paused, Verb.PAUSE)
    strange.generation = None
    sentences = [ask(stage, Verb.DRILL).answers[0].sentence for stage in (held, paused, strange)]
    ways = ["held because ada asked for it", "the app is paused", "the router was changed by hand"]
    assert [True] * 3 == [way in said for way, said in zip(ways, sentences, strict=True)]


def test_it_is_refused_while_the_verdict_is_not_good():
    stage = hot()
    stage.show["signals"] = UNSEEN
    (answer,) = ask(stage, Verb.DRILL).answers
    assert answer.sentence.startswith("the verdict is not good (no request counts")


def test_nothing_speaks_against_one_where_all_is_well():
    stage = hot()
    world = stage.world()
    verdict = decide(stage.d, world, stage.p).verdict
    assert "" == refusal(stage.d, world, stage.p, verdict)
    assert "there is no verdict" in refusal(stage.d, world, stage.p, None)


def test_a_probe_that_is_not_known_yet_is_no_reason_to_turn():
    stage = drilling()
    world = stage.world()
    unprobed = tuple(replace(i, health=Unknown("not yet")) for i in world.slots[BLUE].value.instances)
    seen = Known(replace(world.slots[BLUE].value, instances=unprobed), world.now)
    d, notes = go_on(stage.d, replace(world, slots=PerSlot(seen, world.slots[GREEN])), stage.p, None)
    assert (None, ()) == (d.drill.turned, notes)


# --- by the schedule ------------------------------------------------------------------------------------------


def scheduled(stage: Stage, looks: int) -> list[str]:
    return [n.sentence for _ in range(looks) for n in ask(stage).notes if "for the schedule" in n.sentence]


def test_the_schedule_tries_it_once_and_again_when_the_time_has_passed():
    stage = a_stage("stabilize", **TIMES, drill_every=30.0, drill_share=20)
    said = scheduled(stage, 25)
    assert ["20 % of the traffic is sent to blue (1.0) and back, for the schedule"] == said
    assert 1 == len(scheduled(stage, 25))


def test_without_a_schedule_nothing_is_tried():
    assert [] == scheduled(hot(), 40)


def test_the_schedule_waits_until_nothing_speaks_against_it():
    stage = a_stage("stabilize", **TIMES, drill_every=30.0)
    ask(stage, Verb.HOLD)
    assert [] == scheduled(stage, 10)
    notes = [note.sentence for note in ask(stage, Verb.RESUME).notes]
    assert "10 % of the traffic is sent to blue (1.0) and back, for the schedule" in notes


def test_one_that_was_broken_off_is_not_tried_again_at_once():
    stage = a_stage("stabilize", **TIMES, drill_every=30.0)
    scheduled(stage, 3)
    stage.d = orphaned(stage.d, stage.now)
    assert [] == scheduled(stage, 20)


def test_only_time_in_which_somebody_looked_brings_the_next_one_nearer():
    stage = hot()
    d, _ = begin(stage.d, 10, "ada", stage.world(), stage.p)
    stage.now += 90_000
    d = counted(d, stage)
    assert 0.0 == d.lasted(SINCE)  # it is under way
    d = counted(replace(d, drill=None), stage)
    stage.now += 90_000
    assert a_policy().fresh_within == counted(d, stage).lasted(SINCE)


def counted(d, stage):
    return d.count_all(lasts(d, stage.world(), stage.p), stage.world(), stage.p)


def test_a_pause_in_mid_drill_is_not_taken_for_a_bad_old_slot():
    stage = drilling()
    stage.d = replace(stage.d, pause=Pause.ALL)
    said = end(stage)
    assert "drill: broken off, traffic is on green: the app is paused" in said
