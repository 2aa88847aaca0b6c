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


def test_a_controller_killed_at_any_point_changes_neither_the_ending_nor_a_request(stage, figure):
    strikes, known = Strikes(stage), set()
    with stage.load(RATE, CALLS) as load:
        for way in (SUPERSEDING, FORWARD, BACKWARD, ABORT):
            expected, points = strikes.record(way)
            own = list(dict.fromkeys(point.label for point in points if point.label not in known))
            known |= set(own)
            strikes.strike(way, own, expected)
    figure(f"controller killed at {strikes.struck} of {len(known)} points: {load.result}")
    figure(f"points that did not come again: {', '.join(strikes.by_chance()) or 'none'}")
    strikes.assert_right(load.result)
    phases = {label.partition(" ")[2].partition("/")[0].partition(",")[0] for label in known}
    assert ROWS.keys() - WITHOUT_POINTS <= phases, "a phase has no point"
