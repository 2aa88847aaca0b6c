"""Every planted fault is found by the simulator. One that survives says that a promise is not checked."""

import pytest

from tests.simulation import moving
from verdigris.testing.planted import FAULTS
from verdigris.testing.planting import Fault
from verdigris.testing.simulation import simulate

SEEDS = 300
"""Histories that a fault may take to be found. Most are found within ten."""
RARE = {
    "a pause rides on the way back": 118,
    "unknown streams are none": 118,
    "unknown in flight is none": 97,
    "nobody is told of a stuck one": 64,
    "one instance is enough": 72,
    "what never came back is not counted": 300,
    "a contract trusts an older count": 38,
    "an old slot that hangs does not end the drill": 135,
}
"""The seeds that found those that take long: tried first. One that finds nothing any more costs one history."""
MOVING = {
    "the schema contracts under sessions",
    "the schema contracts before the old slot is gone",
    "a contract trusts an older count",
    "what was taken away is dropped at once",
    "what was taken away is kept for ever",
}
"""Found where every release moves the schema."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_simulator_finds_that(fault: Fault, record_property):
    with fault.plant():
        seeds = (RARE.get(fault.name, 0), *range(SEEDS))
        play = moving.simulate if fault.name in MOVING else simulate
        found = next((h for h in map(play, seeds) if h.violation), None)
    assert found, f"{fault.name!r} survives {SEEDS} histories: who checks that {fault.breaks}?"
    record_property("found", f"{fault.name}: {found.violation}")


def test_when_the_fault_is_out_again_nothing_is_found():
    for fault in FAULTS:
        with fault.plant():
            pass
    assert "" == simulate(0).violation


def test_there_are_enough_faults_and_each_has_a_name_of_its_own():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20
