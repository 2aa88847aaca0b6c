"""kill -9 of the keeper, the router and an instance, as each phase begins, forward and backward, under load.

Declared to fail: the requests that are inside the router or the instance at that moment. For the keeper: none.
"""

import pytest

from tests.crash.journeys import ABORT, BACKWARD, FORWARD, inside
from tests.crash.stage import CALLS, RATE, stage_in
from tests.crash.striking import Strikes, first_of_each_phase

pytestmark = pytest.mark.timeout(900)

TOLERANT = {"run": {"instances": 2, "surge": 2}, "bake": {"max_error_rate": "30%"}}
"""Two instances, so that one can be spared, and lost requests that are no reason to turn back."""

ABSENT_IN = {
    "keeper": (),
    "router": (),
    "live instance": ("preflight", "succeeded"),
    "candidate instance": ("preflight", "provision", "rolled_back", "aborted"),
}
"""Who is struck, and the phases that begin without one of them."""


def test_whoever_is_killed_as_a_phase_begins_changes_no_ending(tmp_path, figure):
    with stage_in(tmp_path, **TOLERANT) as stage:
        strikes, known = Strikes(stage), set()
        with stage.load(RATE, CALLS) as load:
            for way in (FORWARD, BACKWARD, ABORT):
                expected, points = strikes.record(way)
                begins = [label for label in first_of_each_phase(points) if label not in known]
                known |= set(begins)
                for victim, absent in ABSENT_IN.items():
                    present = [b for b in begins if not any(f" {phase}/" in b for phase in absent)]
                    strikes.strike_beside(way, present, victim, expected)
        blows = [blow for _, journey in strikes.journeys for blow in journey.losses]
        lost = sum(any(inside(record, *blow) for blow in blows) for record in load.result.failures)
        figure(f"killed beside the controller: {strikes.struck}, {lost} requests lost inside; {load.result}")
        strikes.assert_right(load.result)
