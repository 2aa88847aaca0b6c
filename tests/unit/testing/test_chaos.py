"""The dice: which calls get lost, and what the store says then."""

import random

import pytest

from tests.unit.engine.engines import APP, POLICY, House
from verdigris.core.deployment import Note
from verdigris.core.errors import ActionError, Conflict, ObservationError, StoreUnavailable
from verdigris.testing.chaos import KINDS, Chaos, Crash


def certain(*kinds):
    """Dice that always show these faults and never another."""
    chaos = Chaos(random.Random(1), on=True)
    chaos.odds = {kind: 10.0 if kind in kinds else 0.0 for kind in KINDS}
    return chaos


def test_in_calm_nothing_strikes():
    chaos = certain(*KINDS)
    chaos.on = False
    happened = []
    chaos.effect("route", lambda: happened.append(1))
    chaos.look("the router")
    assert ([1], 0) == (happened, chaos.struck.total())


@pytest.mark.parametrize(
    ("kind", "error", "happens"),
    [
        ("lost_before", ActionError, False),
        ("lost_after", ActionError, True),
        ("crash_before", Crash, False),
        ("crash_after", Crash, True),
    ],
)
def test_a_call_is_lost_before_or_after_its_effect(kind, error, happens):
    chaos, happened = certain(kind), []
    with pytest.raises(error):
        chaos.effect("route", lambda: happened.append(1))
    assert (happens, 1) == (bool(happened), chaos.struck[kind])


def test_a_look_gets_lost():
    with pytest.raises(ObservationError, match="the router does not answer"):
        certain("lost_before").look("the router")


async def test_a_store_that_is_full_refuses_every_write_and_says_so():
    house = House(POLICY)
    house.ship("1.0")
    await house.tick()
    house.store.full = True
    with pytest.raises(StoreUnavailable, match="the disk is full"):
        await house.store.save(house.engine.ledger.saved, house.d.generation, (), (), 0.0)
    assert house.store.refused
    house.store.full = False
    await house.store.save(house.engine.ledger.saved, house.d.generation, (Note("phase", "x"),), (), 0.0)
    assert not house.store.refused


async def test_a_store_keeps_its_compare_and_swap_through_the_faults():
    house = House(POLICY)
    house.ship("1.0")
    await house.tick()
    with pytest.raises(Conflict):
        await house.store.save(house.engine.ledger.saved, house.d.generation - 1, (), (), 0.0)
    assert 1 == len(house.memory.rows[APP])


@pytest.mark.parametrize("call", ["load", "commands", "filed"])
async def test_a_store_s_answer_gets_lost(call):
    house = House(POLICY)
    house.store.chaos = certain("lost_before")
    with pytest.raises(StoreUnavailable, match="the store does not answer"):
        await getattr(house.store, call)(APP)
