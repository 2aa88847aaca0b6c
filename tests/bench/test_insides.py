"""How fast the parts are that the rest rests on: reading the router's lines, simulating, and deciding."""

import logging
import time

import pytest

from tests.unit.core.worlds import a_stage
from verdigris.adapters.signals.counts import Counts
from verdigris.adapters.signals.lines import Frames, read
from verdigris.core.lifecycle import decide
from verdigris.testing.simulation import simulate

LINES = 100_000
CHUNK = 1 << 16
SECONDS = 5.0
DECIDING = 1.0


def test_lines_of_the_router(say):
    """Cut out of the stream, read, and counted."""
    line = b"r2 orders 1763971234567 green green-2 200 0 0 1 3 -- 0 - - 7f42e447-1a2b GET /orders ."
    stream = b"%d %s" % (len(line), line) * LINES
    frames, counts, began = Frames(), Counts(), time.process_time()
    for at in range(0, len(stream), CHUNK):
        for frame in frames.feed(stream[at : at + CHUNK]):
            found = read(frame)
            assert found is not None
            counts.add(found, int(found.wall))
    say(
        "lines of the router, read and counted",
        LINES / (time.process_time() - began),
        "/s of a core",
        how=f"{LINES:,} lines in pieces of {CHUNK >> 10} KiB, by CPU time",
    )


def test_steps_of_the_simulator(say):
    logging.disable(logging.CRITICAL)
    steps, seed, began = 0, 0, time.process_time()
    while time.process_time() - began < SECONDS:
        steps, seed = steps + simulate(seed).steps, seed + 1
    logging.disable(logging.NOTSET)
    say(
        "steps of the simulator, every promise checked at each",
        steps / (time.process_time() - began),
        "/s of a core",
        how=f"{seed} journeys of the simulator, by CPU time",
    )


@pytest.mark.parametrize("phase", ["bake", "cutover", "stabilize"])
def test_decisions(say, phase):
    """One look at a world with two slots, four instances and thirty seconds of requests."""
    stage = a_stage(phase)
    world, done, began = stage.world(), 0, time.process_time()
    while time.process_time() - began < DECIDING:
        decide(stage.d, world, stage.p)
        done += 1
    how = f"two slots, four instances, thirty seconds of requests; {DECIDING:g} s of CPU time"
    say(f"decisions in {phase}", done / (time.process_time() - began), "/s of a core", how=how)
