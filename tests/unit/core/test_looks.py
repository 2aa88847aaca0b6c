"""What each phase wants the world to look like."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import BLUE, EVERYTHING, GREEN, RAMP, UNSEEN, UNTOUCHED, a_stage, at_phase
from verdigris.core.lifecycle import ROWS, desired
from verdigris.core.safety import Kind
from verdigris.core.world import Check, Known, Proven, Rehearsal, Slot, Weights

BOTH, LIVE, CANDIDATE = frozenset(Slot), frozenset({BLUE}), frozenset({GREEN})
WANTED = {
    "preflight": (LIVE, 0, None),
    "expand": (LIVE, 0, None),
    "provision": (BOTH, 0, None),
    "validate": (BOTH, 0, None),
    "rehearse": (BOTH, 0, None),
    "gate": (BOTH, 0, None),
    "cutover": (BOTH, 10, BLUE),
    "drain": (BOTH, 100, BLUE),
    "bake": (BOTH, 100, BLUE),
    "stabilize": (BOTH, 100, BLUE),
    "decommission": (CANDIDATE, 100, None),
    "contract": (CANDIDATE, 100, None),
    "succeeded": (CANDIDATE, 100, None),
    "restore": (BOTH, 0, None),
    "settle": (BOTH, 0, None),
    "abort": (BOTH, 0, None),
    "discard": (LIVE, 0, None),
    "rolled_back": (LIVE, 0, None),
    "aborted": (LIVE, 0, None),
    "stuck": (BOTH, 0, None),  # it got stuck in restore
}


def test_every_phase_is_in_the_list():
    assert set(ROWS) == set(WANTED)


@pytest.mark.parametrize(("phase", "wanted"), WANTED.items())
def test_a_phase_wants(phase, wanted):
    stage = at_phase(phase, ramp=RAMP)
    want = desired(stage.d, stage.world(), stage.p)
    assert wanted == (want.keep, want.weights[GREEN], want.fallback)


@pytest.mark.parametrize("phase", ["restore", "settle", "abort"])
def test_on_the_way_back_the_candidate_is_left_as_it_is(phase):
    stage = at_phase(phase)
    assert CANDIDATE == desired(stage.d, stage.world(), stage.p).spare


def want_of(stage):
    return desired(stage.d, stage.world(), stage.p)


def test_what_an_earlier_deployment_kept_is_spared_until_the_checklist_has_passed():
    stage = a_stage()
    stage.show["checklist"] = UNSEEN
    assert CANDIDATE == want_of(stage).spare
    stage.show["checklist"] = Known((Check("port", False, "taken"),), stage.now)
    assert CANDIDATE == want_of(stage).spare
    stage.show["checklist"] = Known((Check("port", True, "free"),), stage.now)
    assert frozenset() == want_of(stage).spare


def schema(**changes):
    return Known(replace(UNTOUCHED, **changes), 0.0)


OWED, DISPROVEN = Proven.OWED, Proven.DISPROVEN


@pytest.mark.parametrize(
    ("phase", "seen", "job"),
    [
        ("preflight", schema(keeps=OWED), Kind.PROVE),
        ("preflight", schema(keeps=OWED, running=True), None),
        ("preflight", schema(), None),
        ("preflight", UNSEEN, None),
        ("expand", schema(), Kind.EXPAND),
        ("expand", schema(running=True), None),
        ("expand", schema(keeps=OWED), None),
        ("expand", schema(expanded=True), None),
        ("expand", UNSEEN, None),
        ("gate", schema(expanded=True, serves=OWED), Kind.PROVE),
        ("gate", schema(expanded=True), None),
        ("contract", schema(expanded=True), Kind.CONTRACT),
        ("contract", schema(expanded=True, contracts=OWED), Kind.PROVE),
        ("contract", schema(expanded=True, contracts=OWED, previous_sessions=1), None),
        ("contract", schema(expanded=True, previous_sessions=1), None),
        ("contract", schema(expanded=True, contracts=DISPROVEN), None),
        ("contract", schema(expanded=True, running=True), None),
        ("contract", schema(expanded=True, contracted=True), None),
        ("contract", UNSEEN, None),
        ("succeeded", schema(expanded=True, contracted=True), None),
        ("succeeded", schema(expanded=True, contracted=True, due=True), Kind.DROP),
        ("succeeded", schema(expanded=True, contracted=True, due=True, running=True), None),
        ("succeeded", UNSEEN, None),
        ("stabilize", schema(expanded=True, contracted=True, due=True), None),
    ],
)
def test_what_is_begun_about_the_schema(phase, seen, job):
    stage = a_stage(phase, **EVERYTHING)
    stage.show["schema"] = seen
    assert job == want_of(stage).also


@pytest.mark.parametrize(
    ("seen", "job"),
    [
        (UNSEEN, Kind.REHEARSE),
        (Known(Rehearsal(3, 0, True, running=True), 0.0), None),
        (Known(Rehearsal(3, 0, True, running=False), 0.0), Kind.REHEARSE),
    ],
)
def test_a_rehearsal_is_started_when_none_runs(seen, job):
    stage = a_stage("rehearse", **EVERYTHING)
    stage.show["rehearsal"] = seen
    assert job == want_of(stage).also


def test_the_steps_of_the_ramp_are_wanted_one_by_one():
    stage = a_stage("cutover", ramp=RAMP)
    assert Weights(90, 10) == want_of(stage).weights
