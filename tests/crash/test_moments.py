"""What one kill at one point does not show: a controller that is told to stop, one that crashes again and again, and
one that is away for longer than what was left to wait for.
"""

import time

import pytest

from tests.crash.journeys import SUPERSEDING, Ending, Journey, Way
from tests.crash.stage import CALLS, ENDED_WITHIN, RATE, Stage
from tests.crash.striking import Strikes
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(600)

CRASHES = 8
UP_FOR = 0.5
AWAY_FOR = 4.0
WAITS, ROUNDED = 3.0, 0.1
"""Seconds of evidence that the long waits want, and what two clocks may differ by."""
RAMP = {"ramp": [{"to": "50%", "for": "1s"}, "100%"]}
SLOW_SWITCH = Way("slow switch", "good", "stabilize", sections={"stabilize": "10m", "cutover": RAMP})
LONG_BAKE = Way(
    "long bake", "good", "stabilize", sections={"stabilize": "10m", "bake": {"for": f"{WAITS:g}s"}}
)
LONG_STABILIZE = Way("long stabilize", "good", "succeeded", sections={"stabilize": f"{WAITS:g}s"})


def test_a_controller_told_to_stop_in_the_switch_leaves_traffic_and_the_lease_and_another_goes_on(
    stage, figure
):
    strikes = Strikes(stage)
    with stage.load(RATE, CALLS) as load:
        expected, points = strikes.record(SUPERSEDING)
        switch = [p.label for p in points if " cutover/router.apply" in p.label]
        for label in dict.fromkeys(switch):
            stopped(stage, strikes, label, expected)
    figure(f"controller told to stop at {strikes.struck} points of the switch: {load.result}")
    strikes.assert_right(load.result)


def stopped(stage: Stage, strikes: Strikes, label: str, expected: Ending) -> None:
    journey = strikes.note(label, Journey(stage, SUPERSEDING))
    journey.begin(label, victim="controller, told to stop")
    if not journey.struck():
        strikes.wrong.append(f"{label}: it went on to the end")
        return
    assert stage.controller is None
    weights = stage.router().table.row.weights
    last = stage.newest().deployment.routed
    assert last is not None and weights == last.routing.weights, (
        "the effect that was under way was not finished"
    )
    stage.begin("up")
    strikes.struck += 1
    strikes.judge(label, journey, journey.arrive(), expected, stage.points())


def test_a_crash_loop_in_the_switch_moves_traffic_one_way_only_and_ends_as_without(stage, figure):
    """A controller that is up for half a second, again and again. Traffic may stand still; it never goes back."""
    seen: list[int] = []
    with stage.load(RATE, CALLS) as load:
        strikes = Strikes(stage)
        expected, _ = strikes.record(SLOW_SWITCH)
        journey = strikes.note("crash loop", Journey(stage, SLOW_SWITCH))
        journey.begin("after cutover/store.save.1")
        assert journey.struck()
        for _ in range(CRASHES):
            crash(stage, journey, seen)
        stage.begin("up")
        eventually_sync(lambda: sample(stage, seen) and not journey.on(), "the end", ENDED_WITHIN)
        ending = journey.arrive()
    figure(f"{CRASHES} crashes in the switch, the candidate had {in_turn(seen)} %: {load.result}")
    assert (expected, []) == (ending, list(journey.complaints([])))
    assert sorted(in_turn(seen)) == in_turn(seen), "traffic went back and forth"
    strikes.assert_right(load.result)


def crash(stage: Stage, journey: Journey, seen: list[int]) -> None:
    """Have a controller, leave it half a second, or until it has nothing left to do, and kill it."""
    pid = stage.labelled_controller()
    eventually_sync(
        lambda: sample(stage, seen) and stage.controller == pid and stage.at_work(), "a controller"
    )
    until = time.monotonic() + UP_FOR
    eventually_sync(
        lambda: sample(stage, seen) and (not journey.on() or time.monotonic() > until), "half a second"
    )
    stage.kill(pid)


def sample(stage: Stage, seen: list[int]) -> bool:
    """Note the candidate's weight."""
    seen.append(stage.router().table.row.weights[stage.newest().deployment.candidate])
    return True


def in_turn(seen: list[int]) -> list[int]:
    return [weight for number, weight in enumerate(seen) if number == 0 or weight != seen[number - 1]]


LONG_WAITS = {"stabilize": LONG_STABILIZE, "bake": LONG_BAKE}


@pytest.mark.parametrize("phase", LONG_WAITS)
def test_a_controller_that_was_away_for_longer_than_the_rest_of_a_wait_waits_it_out(stage, figure, phase):
    """It counts what it saw, not what has passed: nothing is over, and nothing torn down, because it comes back."""
    way = LONG_WAITS[phase]
    with stage.load(RATE, CALLS) as load:
        strikes = Strikes(stage)
        expected, _ = strikes.record(way)
        journey = strikes.note(phase, Journey(stage, way))
        journey.begin(f"after {phase}/store.save.1")
        assert journey.struck()
        died = time.monotonic()
        eventually_sync(lambda: time.monotonic() > died + AWAY_FOR, "more than was left")
        running, back = stage.processes(), time.time()
        stage.begin("up")
        ending = journey.arrive()
    entered = [event for event in journey.events() if event.kind == "phase"]
    left = entered[[event.sentence for event in entered].index(phase) + 1].wall
    figure(
        f"away in {phase} for {AWAY_FOR:g} s, {WAITS:g} s of evidence wanted: over {left - back:.1f} s after the return"
    )
    assert 2 == len(running), "both slots have to be there all the time"
    assert left - back > WAITS - ROUNDED
    assert (expected, []) == (ending, list(journey.complaints([])))
    strikes.assert_right(load.result)
