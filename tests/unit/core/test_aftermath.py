"""Whose it was, told when traffic is back: only where nobody was compared with."""

from dataclasses import replace

import pytest

from tests.unit.core.test_trials import LONG, looks
from tests.unit.core.worlds import BLUE, GREEN, Step, a_stage
from verdigris.core import trials
from verdigris.core.aftermath import attributed
from verdigris.core.world import Known, PerSlot


def rolled_back(live_then):
    """2.0 had everything and failed in 8 %, which live never did before; then live fails so often."""
    stage = a_stage("validate", ramp=(Step(100, 0.0),), **LONG)
    stage.rate = 1000
    looks(stage, 30)
    stage.errors = {GREEN: 0.08}
    stage.walk("restore", within=40)
    assert trials.finding(stage.d.trial, stage.p).alone
    stage.errors = {GREEN: 0.08, BLUE: live_then}
    return stage


@pytest.mark.parametrize(
    ("live_then", "said"),
    [(0.08, "a shared incident, not this release"), (0.0, "it was this release")],
)
def test_after_a_rollback_on_the_baseline_it_is_said_whether_the_old_release_fails_as_well(live_then, said):
    stage = rolled_back(live_then)
    notes = [note for decision in looks(stage, 60) for note in decision.notes]
    [gone] = [note for note in notes if note.sentence.startswith("discard")]
    assert gone.evidence.endswith(said)


def test_what_fails_inside_of_the_old_release_is_no_fault_of_the_new_one():
    """Calls of gRPC: the router sees an answer of 200, whoever gave it."""
    stage = rolled_back(0.0)
    looks(stage, 30)
    inside = tuple(
        replace(s, slots=PerSlot(replace(s.slots.blue, failed_inside=80), s.slots.green))
        for s in stage.signals().value
    )
    seen = replace(stage.world(), signals=Known(inside, stage.now))
    assert attributed(stage.d, seen, stage.p).endswith("a shared incident, not this release")


def test_who_saw_nothing_says_so():
    stage = rolled_back(0.0)
    blind = replace(stage.world(), signals=replace(stage.signals(), value=()))
    assert attributed(stage.d, blind, stage.p).endswith("whether it was this release cannot be told")


def test_where_the_two_were_compared_nothing_is_left_to_say():
    stage = a_stage("cutover", ramp=(Step(10, 200.0), Step(100, 0.0)), **LONG)
    stage.rate, stage.errors = 5000, {BLUE: 0.001, GREEN: 0.05}
    stage.walk("restore", within=40)
    assert "" == attributed(stage.d, stage.world(), stage.p)
