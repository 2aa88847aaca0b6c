"""From one phase to another: clocks start from nothing, and it is said why."""

from dataclasses import replace

from tests.unit.core.worlds import GREEN, T0, a_deployment, a_routing, a_stage, routed
from verdigris.core.deployment import Lasted, Note
from verdigris.core.turns import alarm, claim, enter, next_step, stick
from verdigris.core.world import Weights

WORN = a_deployment(
    "bake",
    step=2,
    promoted=True,
    held="ada asked for it",
    alerted=("blind",),
    evidence=(Lasted("good", 9.0, T0), Lasted("blue without weight", 9.0, T0)),
)


def test_a_new_phase_starts_from_nothing():
    d, notes = enter(WORN, "stabilize")
    assert ("stabilize", 0, False, "", ()) == (d.phase, d.step, d.promoted, d.held, d.alerted)
    assert (0.0, 9.0) == (d.lasted("good"), d.lasted("blue without weight"))
    assert (Note("phase", "stabilize"),) == notes


def test_who_turns_back_says_why_and_the_cause_stays():
    d, notes = enter(WORN, "restore", "green fails 5 % of its requests", "3 of 60")
    assert ["phase", "alert"] == [note.kind for note in notes]
    assert Note("phase", "restore: green fails 5 % of its requests", "3 of 60") == notes[0]
    assert "green fails 5 % of its requests" == enter(d, "settle")[0].cause


def test_a_step_starts_from_nothing_as_well():
    d, notes = next_step(WORN, 50)
    assert (3, False, 0.0) == (d.step, d.promoted, d.lasted("good"))
    assert "the candidate's weight goes to 50 %" == notes[0].sentence


def test_who_is_stuck_remembers_where_and_calls_a_person():
    d, notes = stick(WORN, "restore took longer than 60 s")
    assert ("stuck", "bake", "restore took longer than 60 s") == (d.phase, d.stuck_in, d.cause)
    assert Note("alert", "stuck in bake: restore took longer than 60 s") in notes


def test_a_person_is_told_once_for_each_phase_and_reason():
    d, notes = alarm(WORN, "foreign", "the router was changed by hand")
    assert (("blind", "foreign"), 1) == (d.alerted, len(notes))
    assert ((d, ()), 1) == (
        alarm(d, "foreign", "again"),
        len(alarm(enter(d, "restore", "x")[0], "foreign", "a")[1]),
    )


def test_a_stranger_s_routing_is_noted_as_one_that_we_may_replace():
    stage = a_stage("bake")
    d = replace(stage.d, routed=routed(a_routing(Weights(0, 100))))
    assert None is claim(stage.d, stage.world()).disowned
    stage.generation = None
    assert stage.routing == claim(d, stage.world()).disowned
    assert 100 == claim(d, stage.world()).disowned.weights[GREEN]
