"""A million steps of deployments that go wrong in every way there is, and no broken promise.

`VERDIGRIS_STEPS` is the number of steps, `VERDIGRIS_SEED` where the fresh seeds begin.
"""

import os
import random
import time
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from verdigris.core.lifecycle import ENDINGS, ROWS
from verdigris.testing.chaos import KINDS, LATER
from verdigris.testing.simulation import simulate

STEPS = int(os.environ.get("VERDIGRIS_STEPS", "1_000_000"))
CHUNKS = 20
FIXED = CHUNKS
"""Chunks whose seeds are the same in every run; the one after them begins at a fresh seed."""
FRESH_STEPS = 100_000
APART = 1_000_000
"""Seeds between the beginnings of two chunks."""
FRESH = int(os.environ.get("VERDIGRIS_SEED", random.SystemRandom().randrange(APART, 1000 * APART)))
KEPT = Path(__file__).with_name("seeds.txt")

pytestmark = pytest.mark.timeout(900)


def kept_seeds() -> list[int]:
    lines = (line.partition("#")[0].strip() for line in KEPT.read_text().splitlines())
    return [int(line) for line in lines if line]


def run(seed: int) -> int:
    """The steps of one history in which every promise was kept, and nothing came about that nobody knows of."""
    history = simulate(seed)
    assert "" == history.violation, (
        f"{history.violation}\nWrite {seed} into {KEPT.name}, then look for the cause."
    )
    assert set(ROWS) >= set(history.phases) and ENDINGS >= set(history.endings)
    return history.steps


@pytest.mark.parametrize("chunk", range(CHUNKS + 1), ids=lambda n: f"{'fixed' if n < FIXED else 'fresh'}-{n}")
def test_every_promise_is_kept(chunk, record_property):
    began, first = time.process_time(), chunk * APART + (0 if chunk < FIXED else FRESH)
    steps = 0
    for seed in count(first):
        steps += run(seed)
        if steps >= (STEPS / CHUNKS if chunk < FIXED else min(FRESH_STEPS, STEPS)):
            break
    record_property("simulated", (steps, time.process_time() - began, 1 + seed - first))
    record_property("seeds", f"{'fixed' if chunk < FIXED else 'fresh'} seeds {first} to {seed}")


@pytest.mark.parametrize("seed", kept_seeds())
def test_a_seed_that_once_found_a_bug_finds_none(seed):
    assert 0 < run(seed)
    assert "" == simulate(seed, drills=False).violation  # what it did before there were drills


def test_a_seed_has_one_history():
    assert simulate(49) == simulate(49)


def test_the_chaos_reaches_every_phase_every_ending_and_strikes_with_every_kind_of_fault():
    goal = {
        "phases": set(ROWS),
        "struck": {*KINDS, *LATER},
        "endings": ENDINGS,
        "drills": {"works", "failed", "broken off"},
    }
    reached = {name: set() for name in goal}
    for history in map(simulate, range(400)):
        for name, found in reached.items():
            found.update(+Counter(getattr(history, name)))
        if reached == goal:
            break
    assert goal == reached
