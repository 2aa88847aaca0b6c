"""kill -9 of the controller before and after everything it does, forward and backward, under load.

A deployment meets one kill in each of its phases, the next one meets as many of those that are left. Declared to fail
by the kills: no request at all.
"""

import pytest

from tests.crash.journeys import ABORT, BACKWARD, FORWARD, SUPERSEDING
from tests.crash.stage import CALLS, RATE
from tests.crash.striking import Strikes
from verdigris.core.lifecycle import ROWS

pytestmark = pytest.mark.timeout(900)

WITHOUT_POINTS = {"expand", "rehearse", "contract", "stuck"}
"""Phases that nothing is configured for, and the one that no journey of a sound machine comes to."""


ONWARD = (SUPERSEDING, FORWARD)
BACK = (BACKWARD, ABORT)


@pytest.mark.parametrize(("before", "ways"), [((), ONWARD), (ONWARD, BACK)], ids=["forward", "backward"])
def test_a_controller_killed_at_any_point_changes_neither_the_ending_nor_a_request(
    stage, figure, before, ways
):
    """What is a point on the way forward already is struck there, and not again where one turns back later."""
    strikes, known, struck = Strikes(stage), set(), set()
    with stage.load(RATE, CALLS) as load:
        for way in (*before, *ways):
            expected, points = strikes.record(way)
            own = list(dict.fromkeys(point.label for point in points if point.label not in known))
            known |= set(own)
            if way in ways:
                struck |= set(own)
                strikes.strike(way, own, expected)
    figure(f"controller killed at {strikes.struck} of {len(struck)} points: {load.result}")
    assert [] == [*strikes.wrong, *strikes.failed(load.result)]
    phases = {label.partition(" ")[2].partition("/")[0].partition(",")[0] for label in known}
    assert ways is ONWARD or ROWS.keys() - WITHOUT_POINTS <= phases, "a phase has no point"
