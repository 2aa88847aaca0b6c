"""A whole history follows from its seed, and a broken promise names it."""

import pytest

from verdigris.testing.host import Nature
from verdigris.testing.invariants import Violation
from verdigris.testing.simulation import Simulation, simulate


def test_a_seed_says_everything():
    assert simulate(11) == simulate(11)
    assert simulate(11) != simulate(12)


def test_a_broken_promise_names_its_seed_and_step():
    simulation = Simulation(3)
    history = simulation.history("seed=3 step=7 I5 no destruction: blue has weight")
    assert (3, "seed=3 step=7 I5 no destruction: blue has weight") == (history.seed, history.violation)


def test_a_release_that_is_shipped_in_calm_comes_to_its_end():
    simulation = Simulation(3)
    simulation.ship(Nature())
    simulation.calm_down()
    assert ["succeeded"] == simulation.endings


def test_a_deployment_that_nobody_begins_breaks_the_promise_that_it_ends():
    simulation = Simulation(3)
    with pytest.raises(Violation, match="I14 liveness: None has not ended"):
        simulation.calm_down()
