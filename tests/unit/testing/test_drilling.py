"""The promises of a drill are seen to be broken when they are: each is broken here by hand."""

import random
from dataclasses import replace

import pytest

from tests.unit.engine.engines import APP, BLUE, a_house
from verdigris.core.deployment import Drill, Drilled, Outcome
from verdigris.core.world import PerSlot
from verdigris.testing.drilling import Drilling
from verdigris.testing.invariants import Violation
from verdigris.testing.truth import Truth


async def a_drill(phase="stabilize"):
    """Somebody who watches, and a store that says that a drill is under way."""
    house = await a_house(phase)
    truth = Truth(house.host, house.memory, APP)
    truth.before()
    drilling = Drilling(house.host, house.memory, truth)
    drilling.before()
    forge(house, drill=Drill(100, "ada", house.host.now))
    return house, drilling


def forge(house, **changes):
    saved = house.memory.rows[APP][-1]
    house.memory.rows[APP][-1] = replace(saved, deployment=replace(saved.deployment, **changes))


async def test_one_that_begins_between_two_good_slots_is_in_order():
    house, drilling = await a_drill()
    drilling.step(house.engine, None)
    assert drilling.under_way is not None


async def test_one_that_begins_in_another_phase():
    house, drilling = await a_drill("bake")
    with pytest.raises(Violation, match="I2 gate: a drill begins in bake"):
        drilling.step(house.engine, None)


async def test_one_that_is_over_and_left_traffic_behind():
    house, drilling = await a_drill()
    drilling.before()
    drilling.truth.says = type(drilling.truth.says).share(BLUE, 100)
    forge(house, drill=None)
    with pytest.raises(Violation, match="I9 evidence: the drill is over"):
        drilling.step(house.engine, None)


async def test_an_old_slot_that_falls_ill_fails_or_dies():
    house, drilling = await a_drill()
    dice = random.Random(1)
    for _ in range(10):
        drilling.fall_ill(dice)
    assert not any(body.alive for body in house.host.places[BLUE].bodies)


def drilled(trouble):
    counts = PerSlot(9, 1), PerSlot(3, 0)
    return Drilled(10, BLUE, "1.0", "ada", 1.0, 0.1, None, *counts, trouble=trouble, cut_off="it goes on")


@pytest.mark.parametrize("phase", ["stabilize", "restore"])
async def test_one_that_failed_and_left_nothing_behind(phase):
    house, drilling = await a_drill()
    failed = Drill(100, "ada", house.host.now).turn(house.host.now, Outcome.FAILED, "blue fails")
    forge(house, drill=failed)
    drilling.before()
    forge(house, drill=None, phase=phase)
    with pytest.raises(Violation, match="I11 audit: a drill failed .blue fails., remembered is None"):
        drilling.step(house.engine, None)
    forge(house, drilled=drilled("blue fails"))
    drilling.step(house.engine, None)


async def test_one_that_was_cut_off_and_passes_for_a_success():
    house, drilling = await a_drill()
    drilling.before()
    forge(house, drill=None, drilled=drilled(""), phase="restore")
    with pytest.raises(Violation, match="I9 evidence: a drill that was cut off is taken for"):
        drilling.step(house.engine, None)
