"""What is known again when only the router and the keeper can be asked."""

from __future__ import annotations

import random

import pytest

from tests.unit.core.worlds import BLUE, GREEN, NEW, OLD, a_routing
from verdigris.adapters.environments.process.releases import Releases
from verdigris.bootstrap.house import DATABASE, House
from verdigris.bootstrap.recovery import deployment, put_aside, recover, release_in, serving
from verdigris.core.errors import Refused
from verdigris.core.world import Known, Reading, SlotWorld, Unknown, Weights
from verdigris.testing.fakes import FakeClock
from verdigris.testing.host import Host

ALL_GREEN = Reading(a_routing(Weights(0, 100)), 7)


@pytest.mark.parametrize(
    ("reading", "slot"),
    [
        (Reading(a_routing(Weights(100, 0)), 7), BLUE),
        (ALL_GREEN, GREEN),
        (Reading(a_routing(Weights(40, 60), fallback=BLUE), 7), BLUE),
        (Reading(a_routing(Weights(40, 60)), 7), GREEN),
        (Reading(a_routing(Weights(0, 100), fallback=BLUE), 7), GREEN),
        (Reading(a_routing(Weights(0, 100), fallback=BLUE), 7, fell_back_to=BLUE), BLUE),
    ],
    ids=["blue", "green", "in a ramp", "by hand", "after the switch", "fell back"],
)
def test_who_served_before_a_ramp_serves(reading, slot):
    assert slot is serving(reading)


def rebuilt(reading: Reading, other=OLD):
    return deployment("orders", NEW, other, GREEN, reading, 8, FakeClock(Host(random.Random(1))))


def test_with_both_slots_filled_both_are_kept_hot():
    d = rebuilt(ALL_GREEN)
    assert ("d-1", "orders", "stabilize", True, 8) == (d.id, d.app, d.phase, d.moved, d.generation)
    assert (NEW, OLD, GREEN) == (d.release, d.previous, d.candidate)


def test_with_one_slot_filled_it_is_over():
    assert "succeeded" == rebuilt(ALL_GREEN, other=None).phase


def test_what_the_router_does_is_ours_if_it_bears_our_stamp():
    d = rebuilt(ALL_GREEN)
    assert d.routed is not None
    assert (ALL_GREEN.routing, 7, None) == (d.routed.routing, d.routed.generation, d.disowned)


def test_a_routing_without_our_stamp_is_not_called_ours():
    d = rebuilt(Reading(ALL_GREEN.routing, None))
    assert ALL_GREEN.routing == d.disowned


@pytest.mark.parametrize(
    "seen",
    [Unknown("no answer"), Known(SlotWorld(None), 1.0), Known(SlotWorld("digest", "no-such"), 1.0)],
    ids=["unseen", "empty", "not recorded"],
)
def test_a_slot_without_a_recorded_release_has_none(tmp_path, seen):
    assert release_in(Releases(tmp_path, "orders"), seen) is None


def test_the_old_store_is_kept_with_all_that_belongs_to_it_however_often(tmp_path):
    said: list[str] = []
    for text in ("first", "second"):
        for ending in ("", "-wal", "-shm"):
            (tmp_path / f"{DATABASE}{ending}").write_text(text)
        put_aside(tmp_path / DATABASE, said.append)
    assert not (tmp_path / DATABASE).exists()
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    expected = {
        f"{DATABASE}{ending}.lost-{n}": text
        for ending in ("", "-wal", "-shm")
        for n, text in ((1, "first"), (2, "second"))
    }
    assert expected == kept
    assert 6 == len(said)


def test_where_no_store_was_nothing_is_put_aside(tmp_path):
    put_aside(tmp_path / DATABASE, lambda said: pytest.fail(said))


async def test_where_nothing_was_ever_deployed_nothing_is_recovered(tmp_path):
    house = House(tmp_path / "verdigris.yaml", tmp_path / "state")
    with pytest.raises(Refused, match="is no directory, so nothing was ever deployed from it"):
        await recover(house, lambda said: None)
    assert not house.state.exists()
