"""Taking traffic back without a controller, over the simulated host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.unit.cli.house import FakeHouse, Nature
from tests.unit.core.worlds import BLUE, GREEN, NEW, a_slot, an_instance, empty
from verdigris.adapters.stores.directs import FileDirects
from verdigris.bootstrap.direct import by_sight, by_the_book, can_serve, probed
from verdigris.core.deployment import Deployment
from verdigris.core.errors import Refused
from verdigris.core.world import Health, Known, PerSlot, RouterWorld, SlotWorld, Unknown, Weights


def a_green(**changes: Any) -> Known[SlotWorld]:
    return a_slot(GREEN, NEW, count=1, **changes)


# --- who can serve ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slot", "serves"),
    [
        (a_green(), True),
        (a_green(health=Known(Health(0, 3), 1.0)), False),
        (a_green(health=Unknown("not probed yet")), False),
        (a_green(alive=False), False),
        (a_green(owns_port=False), False),
        (a_green(owns_port=None), False),
        (empty(), False),
        (Unknown("the keeper does not answer"), False),
    ],
    ids=["healthy", "failing", "not probed", "dead", "a stranger's port", "no port", "empty", "unseen"],
)
def test_only_a_living_instance_that_passed_its_probe_can_serve(slot, serves):
    assert serves is can_serve(slot)


def test_one_healthy_instance_is_enough():
    dead = an_instance(GREEN, NEW, 1, alive=False)
    assert can_serve(Known(SlotWorld(NEW.digest, NEW.version, (dead, an_instance(GREEN, NEW, 2))), 1.0))


@pytest.mark.parametrize(
    ("slot", "done"),
    [
        (a_green(), True),
        (a_green(health=Unknown("not probed yet")), False),
        (a_green(health=Unknown("not probed yet"), alive=False), True),
        (empty(), True),
        (Unknown("the keeper does not answer"), True),
    ],
    ids=["probed", "not probed", "dead", "empty", "unseen"],
)
def test_nobody_is_waited_for_who_cannot_be_probed(slot, done):
    assert done is probed(slot)


# --- taking traffic back ----------------------------------------------------------------------------------------


@dataclass
class Ground:
    """A house in which 2.0 has come as far as a phase beside 1.0, and no controller is at work any more."""

    house: FakeHouse

    def weights(self) -> Weights:
        return self.house.host.routing.weights


def ground(tmp_path, phase: str = "bake") -> Ground:
    house = FakeHouse(state=tmp_path)
    house.ship("1.0")
    house.ship("2.0", Nature(), phase)
    house.running = False
    return Ground(house)


async def test_by_sight_the_old_slot_takes_all_and_a_record_is_left(tmp_path):
    g = ground(tmp_path)
    generation = g.house.host.generation
    direct = await by_sight(g.house, g.house.parts, "ada", "it smells")
    assert Weights(100, 0) == g.weights()
    assert (BLUE, generation + 1, "ada", "it smells") == (
        direct.to,
        direct.generation,
        direct.actor,
        direct.reason,
    )
    assert direct == FileDirects(tmp_path, g.house.app).read()


async def test_by_sight_nothing_moves_to_a_slot_where_nothing_healthy_runs(tmp_path):
    g = ground(tmp_path)
    for body in g.house.host.places[BLUE].bodies:
        g.house.host.die(body)
    before = g.weights()
    with pytest.raises(Refused, match="nothing healthy runs in blue, so traffic stays where it is"):
        await by_sight(g.house, g.house.parts, "ada", "")
    assert (before, None) == (g.weights(), FileDirects(tmp_path, g.house.app).read())


class Blind:
    """A router that does not answer."""

    async def observe(self) -> RouterWorld:
        no = Unknown("no answer")
        return RouterWorld(no, PerSlot(no, no), PerSlot(no, no), no, PerSlot(no, no))


async def test_by_sight_a_router_that_cannot_be_read_is_left_alone(tmp_path):
    g = ground(tmp_path)
    before = g.weights()
    with pytest.raises(Refused, match="the router cannot be read: no answer"):
        await by_sight(g.house, replace(g.house.parts, router=Blind()), "ada", "")
    assert before == g.weights()


async def test_by_the_book_the_ordinary_loop_does_it_and_says_who_asked(tmp_path):
    g = ground(tmp_path)
    d = await by_the_book(g.house, g.house.parts, "ada", "it smells")
    assert isinstance(d, Deployment)
    assert (Weights(100, 0), "settle") == (g.weights(), d.phase)
    assert "ada" in d.cause


async def test_by_the_book_what_the_loop_refuses_is_refused(tmp_path):
    g = ground(tmp_path, "succeeded")
    with pytest.raises(Refused):
        await by_the_book(g.house, g.house.parts, "ada", "")
