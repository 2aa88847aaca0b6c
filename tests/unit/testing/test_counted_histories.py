"""Under everything that can befall a controller: the counts that are stored come to what the stored trial came to."""

import logging

import pytest

from verdigris.cli.retelling import complete, retold
from verdigris.engine import counted
from verdigris.testing.simulation import Simulation
from verdigris.testing.stage import APP


def told_again(seed):
    """Deployments of a history of which anything was counted, and those whose counts come to something else."""
    simulation = Simulation(seed)
    simulation.run()
    saved = [one.deployment for one in simulation.memory.deployments(app=APP)]
    kept = {d.id: simulation.memory.counts(d.id, APP) for d in saved}
    wrong = [d for d in saved if kept[d.id] and not complete(retold(kept[d.id], d.id), d)]
    return sum(map(bool, kept.values())), [f"seed={seed} {d.id}" for d in wrong]


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(0, 20, 10))
def test_counts_come_to_the_same_through_every_mishap(first, monkeypatch):
    monkeypatch.setattr(counted, "LONGEST", 10**9)  # clocks jump by a day here
    found = [told_again(seed) for seed in range(first, first + 10)]
    assert [] == [one for _, wrong in found for one in wrong]
    assert sum(many for many, _ in found) >= 5
