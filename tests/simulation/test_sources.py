"""Histories in which a source counts what users got, and is silent for as long as the dice say."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from verdigris.testing.counting import FakeSource
from verdigris.testing.simulation import Simulation

SEEDS = range(40)


class Counted(Simulation):
    """All requests come to something good, and one of a hundred in the candidate's slot to something bad."""

    def some_parts(self):
        dice, parts = random.Random(f"{self.seed} source"), super().some_parts()
        self.dark_until, self.silences = 0.0, 0

        def silent():
            if self.chaos.on and dice.random() < 0.03:
                self.dark_until = self.host.now + dice.choice((3.0, 40.0, 400.0))
            self.silences += self.chaos.on and self.host.now < self.dark_until
            return self.chaos.on and self.host.now < self.dark_until

        def sums(slot):
            asked = self.host.asked[slot]
            return asked - asked // 100, asked // 100

        return replace(parts, source=FakeSource(parts.clock, sums, silent))


def played(seed):
    one = Counted(seed)
    one.run()
    return one


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_is_kept_and_everything_ends(seed):
    assert played(seed).endings


def test_sources_were_silent_and_deployments_ended_well_all_the_same():
    endings, silences = Counter(), 0
    for seed in range(10):
        one = played(seed)
        endings.update(one.endings)
        silences += one.silences
    assert silences > 10
    assert endings["succeeded"] > 3
