"""Histories in which every release moves the schema all the way, so that jobs are at work at most of the moments."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from verdigris.testing.host import Nature
from verdigris.testing.invariants import Violation
from verdigris.testing.simulation import History, Simulation

__all__ = ["Moving", "simulate"]


class Moving(Simulation):
    """Most releases are well. A controller is ended now and then, and rather while a job of the schema is at work."""

    def __post_init__(self):
        super().__post_init__()
        self.policy = replace(self.policy, expand=True, contract=True)
        self.moods = random.Random(f"{self.seed} moving")
        self.ended_at_work = Counter()

    def ship(self, nature, queue=False):
        super().ship(nature if self.moods.random() < 0.2 else Nature(), queue)

    def storm(self, rounds):
        super().storm(rounds * 2)

    def tick(self, engine):
        job = self.host.job
        if job is not None and self.moods.random() < 0.2:
            self.ended_at_work[self.memory.newest_deployment("api").phase] += 1
            self.engine = engine = self.new_engine()
        return super().tick(engine)


def simulate(seed: int) -> History:
    """One history, as `verdigris.testing.simulation.simulate` has it."""
    one = Moving(seed)
    try:
        one.run()
    except (Violation, AssertionError) as error:
        return one.history(f"seed={seed} step={one.steps} {error}")
    return one.history()
