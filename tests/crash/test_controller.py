"""kill -9 of the controller before and after everything it does, forward and backward, under load.

Each point is struck in a deployment of its own, then a controller is started as a person starts it. Declared to fail
by the kill: no request at all.
"""

import pytest

from tests.crash.journeys import ABORT, BACKWARD, FORWARD, SUPERSEDING
from tests.crash.stage import CALLS, RATE
from tests.crash.striking import ALL, Strikes, chosen
from verdigris.core.lifecycle import ROWS

pytestmark = pytest.mark.timeout(3600 if ALL else 900)

WITHOUT_POINTS = {"expand", "rehearse", "contract", "stuck"}
"""Phases that nothing is configured for, and the one that no journey of a sound machine comes to."""


def test_a_controller_killed_at_any_point_changes_neither_the_ending_nor_a_request(stage, figure):
    strikes, known = Strikes(stage), set()
    with stage.load(RATE, CALLS) as load:
        for way in (SUPERSEDING, FORWARD, BACKWARD, ABORT):
            expected, points = strikes.record(way)
            own = list(dict.fromkeys(point.label for point in points if point.label not in known))
            known |= set(own)
            for label in chosen(own):
                strikes.strike(way, label, expected)
    figure(f"controller killed at {strikes.struck} of {len(known)} points: {load.result}")
    assert [] == [*strikes.wrong, *strikes.failed(load.result)]
    phases = {label.partition(" ")[2].partition("/")[0].partition(",")[0] for label in known}
    assert ROWS.keys() - WITHOUT_POINTS <= phases, "a phase has no point"
