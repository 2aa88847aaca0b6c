"""What befalls a history: only what the dice say, and what each of them leaves behind."""

from dataclasses import replace

import pytest

from verdigris.core.deployment import Drill, Outcome
from verdigris.testing.chaos import KINDS, LATER
from verdigris.testing.host import Nature
from verdigris.testing.invariants import Violation
from verdigris.testing.simulation import Simulation
from verdigris.testing.stage import APP


def stricken(*kinds):
    """A first release serves, and these mishaps befall it for certain."""
    simulation = Simulation(3)
    simulation.ship(Nature())
    simulation.calm_down()
    simulation.chaos.odds = {kind: 10.0 if kind in kinds else 0.0 for kind in (*KINDS, *LATER)}
    simulation.chaos.on = True
    return simulation


def test_nothing_befalls_without_the_dice():
    simulation = stricken()
    before = (simulation.engine, simulation.store.full, dict(simulation.memory.waiting))
    simulation.mishaps.befall()
    assert before == (simulation.engine, simulation.store.full, simulation.memory.waiting)


def test_a_disk_is_full_and_empty_again():
    simulation = stricken("store_full")
    full = []
    for _ in range(2):
        simulation.mishaps.befall()
        full.append(simulation.store.full)
    assert [True, False] == full


def test_people_ask_for_something():
    simulation = stricken("commands")
    simulation.mishaps.befall()
    assert 1 == len(simulation.memory.waiting) == len(simulation.witness.truth.filed)


def test_a_controller_that_was_frozen_goes_on_with_what_it_remembers():
    simulation = stricken("stale")
    frozen, simulation.retired = simulation.engine, simulation.engine
    simulation.engine = simulation.new_engine()
    simulation.ship(Nature())
    simulation.mishaps.befall()
    assert ("d-2", True) == (frozen.ledger.saved.deployment.id, simulation.chaos.on)


def test_a_drill_that_failed_is_cut_off_by_somebody_who_deploys():
    simulation = stricken("cut")
    failed = Drill(10, "ada", 1.0).turn(2.0, Outcome.FAILED, "blue fails")
    simulation.mishaps.cut_the_drill_off(failed)
    assert 1 == len(simulation.memory.asked)
    simulation.mishaps.cut_the_drill_off(failed)
    assert 1 == len(simulation.memory.asked)


def ship_and_walk(simulation, phase):
    simulation.chaos.on = False
    simulation.ship(Nature())
    while simulation.memory.newest_deployment(APP).phase != phase:
        simulation.round()


def test_a_phase_that_only_a_newer_version_knows_is_left_alone():
    simulation = stricken("newer")
    ship_and_walk(simulation, "bake")
    before = simulation.memory.newest(APP)
    simulation.mishaps.visit_of_a_newer_one()
    assert before == simulation.memory.newest(APP)


def test_one_that_was_not_left_alone_breaks_a_promise():
    simulation = stricken("newer")
    ship_and_walk(simulation, "bake")

    def meddle(engine):
        saved = simulation.memory.rows[APP][-1]
        meddled = replace(saved, deployment=replace(saved.deployment, phase="abort"))
        simulation.memory.rows[APP][-1] = meddled

    simulation.tick = meddle
    with pytest.raises(Violation, match="I3 single writer: a phase that only a newer version knows"):
        simulation.mishaps.visit_of_a_newer_one()


def test_a_drill_loses_its_controller():
    simulation = stricken("orphan")
    engine, simulation.chaos.on = simulation.engine, False
    simulation.mishaps.befall_the_drill()
    assert (True, False) == (engine is not simulation.engine, simulation.chaos.on)
