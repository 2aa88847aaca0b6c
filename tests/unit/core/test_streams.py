"""Long-lived connections: none is ended before its time, and they delay nothing but the end of their slot."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEXT,
    OLD,
    RAMP,
    T0,
    UNSEEN,
    a_deployment,
    a_policy,
    a_slot,
    a_stage,
    a_stage_turned_back,
    kinds,
    routed,
)
from verdigris.core.conditions import unweighted
from verdigris.core.deployment import Lasted, Note
from verdigris.core.intake import Wish, admit
from verdigris.core.policy import Step
from verdigris.core.safety import Kind
from verdigris.core.streams import count_cut, left_behind, lingering, remaining, spent
from verdigris.core.world import Known, PerSlot, Unknown, Verb, Weights

TIMES = {"drain": 5.0, "drain_long_lived": 30.0}


def hot(**changes):
    """Green serves, blue is kept hot with three long-lived connections on it."""
    stage = a_stage("stabilize", **{**TIMES, "stabilize": 100.0, **changes})
    stage.streams[BLUE] = Known(3, stage.now)
    return stage


def looks(stage, count):
    """What was done in as many looks."""
    return [action for _ in range(count) for action in stage.look().actions]


def closed(actions):
    return [action.slot for action in actions if action.kind is Kind.CLOSE_STREAMS]


def idle_for(stage, seconds, slot=BLUE):
    """The slot has had no weight for so long."""
    stage.d = replace(stage.d, evidence=(Lasted(unweighted(slot), seconds, stage.now),))
    return stage


# --- when they are ended --------------------------------------------------------------------------------------


def test_the_router_ends_them_when_their_slot_has_had_no_weight_for_as_long_as_they_are_given():
    stage = hot()
    early = looks(stage, 10)
    assert ([], "stabilize") == (closed(early), stage.d.phase)
    found = looks(stage, 20)
    assert [BLUE] == closed(found), "once, for it is seen to go on"
    assert "long-lived connections on blue have had 30 s since its last weight" in [a.why for a in found]


def test_they_are_ended_although_the_slot_stays_hot():
    stage = hot()
    looks(stage, 35)
    stage.close(BLUE)
    stage.look()
    assert ("stabilize", "1.0") == (stage.d.phase, stage.slots[BLUE].value.version)


NOT_YET = {
    "they still have time": lambda s: idle_for(s, 29.9),
    "nobody knows how long": lambda s: setattr(s, "d", s.d.forget(unweighted(BLUE))),
    "there are none": lambda s: s.streams.update({BLUE: Known(0, s.now)}),
    "nobody knows whether there are any": lambda s: s.streams.update({BLUE: UNSEEN}),
    "it is going on": lambda s: setattr(s, "closing", frozenset({BLUE})),
    "the slot has weight": lambda s: setattr(s, "routing", replace(s.routing, weights=Weights(1, 99))),
    "the router turned to it": lambda s: setattr(s, "fell_back", BLUE),
    "the router cannot be read": lambda s: s.show.update(reading=UNSEEN),
    "somebody else changed the router": lambda s: setattr(s, "generation", None),
}


@pytest.mark.parametrize("against", NOT_YET.values(), ids=NOT_YET.keys())
def test_none_is_ended_when(against):
    stage = idle_for(hot(), 30.0)
    assert spent(stage.d, BLUE, stage.world(), stage.p)
    against(stage)
    assert not spent(stage.d, BLUE, stage.world(), stage.p)


def test_none_is_ended_in_a_slot_that_is_to_serve_again():
    stage = idle_for(hot(), 300.0)
    decision = stage.look(Verb.ROLLBACK)
    assert [Kind.ROUTE] == kinds(decision)


def test_those_of_people_who_look_at_the_candidate_beforehand_are_left_alone():
    stage = a_stage("gate", gate=True, **TIMES)
    stage.streams[GREEN] = Known(2, stage.now)
    assert [] == closed(looks(stage, 100))


def test_their_time_begins_when_the_router_may_last_have_turned_to_them():
    """While a slot is the fallback, the router may turn to it, and what it is told next ends that unseen."""
    stage = hot()
    looks(stage, 8)
    before = stage.d.lasted(unweighted(BLUE))
    stage.look(Verb.PAUSE)
    assert (True, 0.0) == (before > 15.0, stage.d.lasted(unweighted(BLUE)))


# --- what they delay ------------------------------------------------------------------------------------------


def test_they_delay_neither_the_ramp_nor_the_drain_nor_the_bake():
    quiet, lively = (a_stage("cutover", ramp=RAMP, **TIMES) for _ in range(2))
    for stage, count in ((quiet, 0), (lively, 9)):
        stage.streams = {BLUE: Known(count, T0), GREEN: Known(count, T0)}
        stage.walk("stabilize")
    assert quiet.now == lively.now


@pytest.mark.parametrize("seen", [Known(3, T0), UNSEEN], ids=["some", "unknown"])
def test_a_rollback_ends_while_only_they_keep_the_candidate_and_none_is_cut(seen):
    stage = a_stage_turned_back("settle", **TIMES)
    stage.streams[GREEN] = seen
    stage.walk("rolled_back", within=10)
    assert "2.0" == stage.slots[GREEN].value.version
    decision = stage.look()
    number = "3" if isinstance(seen, Known) else "an unknown number of"
    assert decision.waiting_for.startswith(f"{number} long-lived connections on green to end, at most ")


def test_after_a_rollback_they_are_ended_in_their_time_and_the_slot_goes_with_the_last():
    stage = a_stage_turned_back("settle", **TIMES)
    stage.streams[GREEN] = Known(3, T0)
    found = looks(stage, 33)
    assert ([GREEN], "rolled_back") == (closed(found), stage.d.phase)
    assert Kind.TEAR_DOWN not in [action.kind for action in found]
    stage.close(GREEN)
    assert [Kind.TEAR_DOWN] == kinds(stage.look())
    assert "" == stage.look().waiting_for


def test_an_abort_ends_while_somebody_still_looks_at_the_candidate():
    stage = a_stage("validate", **TIMES)
    stage.streams[GREEN] = Known(1, stage.now)
    stage.look(Verb.ABORT)
    stage.walk("aborted", within=15)
    assert "1 long-lived connection on green to end" in stage.look().waiting_for


def test_a_slot_whose_router_cannot_end_them_is_torn_down_all_the_same_and_it_is_said_how_many_go_with_it():
    stage = a_stage_turned_back("settle", **TIMES)
    stage.streams[GREEN] = Known(3, T0)
    found = [action for action in looks(stage, 60) if action.kind is Kind.TEAR_DOWN]
    assert ["what runs in green is over, and with it 3 long-lived connections"] == [a.why for a in found]


def test_decommission_waits_for_them_and_its_limit_does_not_run_meanwhile():
    stage = a_stage("stabilize", stabilize=1.0, discard_within=10.0, drain=5.0, drain_long_lived=60.0)
    stage.streams.pop(BLUE, None)
    stage.walk("decommission", within=20)
    stage.streams[BLUE] = Known(2, stage.now)
    stage.slots[BLUE] = a_slot(BLUE, OLD)
    for _ in range(40):
        stage.look()
    assert ("decommission", True) == (stage.d.phase, "2 long-lived connections on blue" in stage.heard[-1])
    stage.streams.clear()
    stage.walk("succeeded", within=10)


def test_the_next_deployment_waits_for_those_of_the_release_before_without_losing_its_own_time():
    stage = a_stage_turned_back("rolled_back", preflight_within=3.0, **{**TIMES, "drain_long_lived": 60.0})
    stage.slots[GREEN], stage.streams[GREEN] = a_slot(GREEN, stage.d.release), Known(4, stage.now)
    wish = Wish("api", NEXT, "ada", "key", "hash")
    found = admit(wish, 3, stage.d, stage.p, stage.world().router.reading).deployment
    stage.d = replace(found, generation=stage.d.generation + 1)
    looks(stage, 30)
    assert "preflight" == stage.d.phase
    assert stage.heard[-1].startswith("4 long-lived connections on green to end, at most ")
    stage.streams.clear()
    stage.errors.clear()
    stage.walk("succeeded")


def test_in_provision_too_what_else_is_left_in_the_slot_goes_first():
    stage = a_stage("provision", **TIMES)
    stage.slots[GREEN], stage.streams[GREEN] = a_slot(GREEN, NEXT), Known(1, stage.now)
    stage.routing = replace(stage.routing, members=stage.routing.members.put(GREEN, ()))
    stage.d = replace(stage.d, routed=routed(stage.routing, stage.generation))
    looks(stage, 3)
    assert stage.heard[-1].startswith("1 long-lived connection on green to end")


# --- what is said ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "lasted", "sentence"),
    [
        (Known(0, T0), 0.0, None),
        (Known(2, T0), 10.0, "2 long-lived connections on blue to end, at most 25 s more"),
        (Known(1, T0), 34.0, "1 long-lived connection on blue to end, at most 1 s more"),
        (
            Unknown("gone"),
            0.0,
            "an unknown number of long-lived connections on blue to end, at most 35 s more",
        ),
        (Known(2, T0), 35.0, None),
        (Unknown("gone"), 35.0, None),
    ],
)
def test_they_have_their_time_and_then_as_long_to_be_ended_as_requests_have_to_drain(seen, lasted, sentence):
    stage = idle_for(hot(), lasted)
    stage.streams[BLUE] = seen
    found = remaining(stage.d, BLUE, stage.world(), stage.p)
    assert sentence == (found.sentence if found else None)
    assert found is None or (found.unhurried and not found.unknown)


def test_a_slot_that_is_kept_for_another_reason_is_not_kept_by_them():
    stage = idle_for(hot(), 0.0)
    assert None is lingering(stage.d, BLUE, stage.world(), stage.p), "it is the fallback"


@pytest.mark.parametrize(
    ("seen", "sentence"),
    [
        (Known(0, T0), ""),
        (Known(1, T0), ", and with it 1 long-lived connection"),
        (UNSEEN, ", and with it an unknown number of long-lived connections"),
    ],
)
def test_it_is_said_what_goes_with_a_slot(seen, sentence):
    stage = hot()
    stage.streams[BLUE] = seen
    assert sentence == left_behind(BLUE, stage.world())


def told(d, cut, closing=(), reading=None):
    stage = hot()
    stage.cut, stage.closing = cut, frozenset(closing)
    if reading is not None:
        stage.show["reading"] = reading
    return count_cut(d, stage.world(), a_policy(drain_long_lived=3600.0))


def test_how_many_were_ended_is_told_once_when_it_is_over():
    d = a_deployment("stabilize")
    assert (d, ()) == told(d, PerSlot(7, 0), closing=(BLUE,))
    after, notes = told(d, PerSlot(9, 0))
    assert (Note("cut", "the router has 9 long-lived connections on blue ended that had 60 min"),) == notes
    assert (after, ()) == told(after, PerSlot(9, 0))


def test_a_controller_that_begins_anew_counts_from_nothing():
    d = a_deployment("stabilize", cut=PerSlot(9, 0))
    begun, silent = told(d, PerSlot(0, 0))
    assert ((), PerSlot(0, 0)) == (silent, begun.cut)
    assert "1 long-lived connection on blue ended" in told(begun, PerSlot(1, 0))[1][0].sentence


def test_a_router_that_cannot_be_read_has_not_counted_from_nothing():
    d = a_deployment("stabilize", cut=PerSlot(9, 0))
    assert (d, ()) == told(d, PerSlot(0, 0), reading=UNSEEN)


def test_the_end_of_the_closing_stands_in_the_event_log():
    stage = hot()
    looks(stage, 35)
    stage.close(BLUE)
    notes = [note for note in stage.look().notes if note.kind == "cut"]
    assert ["the router has 3 long-lived connections on blue ended that had 30 s"] == [
        n.sentence for n in notes
    ]


def test_with_a_holdback_the_time_begins_with_the_last_weight():
    stage = a_stage("bake", ramp=(Step(95, 5.0),), holdback=5, **TIMES)
    stage.streams[BLUE] = Known(1, stage.now)
    stage.walk("stabilize")
    assert 0.0 == stage.d.lasted(unweighted(BLUE))
