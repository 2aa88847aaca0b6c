"""One slot as people look at it; what could not be seen is None."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.house import FakeHouse
from tests.unit.core.worlds import BLUE, GREEN, NEW, T0, a_deployment, a_tally, an_instance
from verdigris.cli.show.lanes import lane, observed_share, probe_words, role, seconds_of, serving
from verdigris.core.world import Health, Known, PerSlot, Second, SlotWorld, Unknown
from verdigris.ports import Snapshot


@pytest.fixture
def snapshot() -> Snapshot:
    house = FakeHouse()
    house.ship("1.0")
    return house.ship("2.0", phase="bake")


@pytest.mark.parametrize(
    ("phase", "candidate", "other"),
    [
        ("provision", "candidate", "live"),
        ("cutover", "candidate", "live"),
        ("bake", "live", "retained"),
        ("stabilize", "live", "retained"),
        ("settle", "candidate", "live"),
    ],
)
def test_roles_are_exchanged_once_traffic_has_moved(phase, candidate, other):
    d = a_deployment(phase)
    assert (candidate, other) == (role(d, GREEN), role(d, BLUE))


def test_a_slot_with_nothing_in_it_is_empty_in_any_phase():
    assert "empty" == role(a_deployment("bake"), GREEN, SlotWorld(None))


def test_a_deployment_that_is_stuck_has_the_roles_of_where_it_got_stuck():
    assert "live" == role(a_deployment("stuck", stuck_in="bake"), GREEN)
    assert "candidate" == role(a_deployment("stuck", stuck_in="restore"), GREEN)


def test_a_lane_that_is_well_has_all_its_instances(snapshot):
    one = lane(snapshot, GREEN)
    assert ("live", "2.0", 100) == (one.role, one.version, one.weight)
    assert one.wanted == one.running == one.up == one.healthy
    assert ((), "") == (one.troubles, one.unseen)
    assert GREEN is serving(snapshot)


def test_a_lane_that_cannot_be_seen_has_no_numbers(snapshot):
    no = Unknown("no answer")
    router = replace(snapshot.world.router, reading=no, in_flight=PerSlot(no, no))
    blind = replace(snapshot.world, router=router, slots=PerSlot(no, no), signals=no)
    s = replace(snapshot, world=blind)
    one = lane(s, GREEN)
    assert ("no answer", None, None, None, None) == (
        one.unseen,
        one.weight,
        one.in_flight,
        one.rate,
        one.share,
    )
    assert serving(s) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alive": False, "exit_code": 3}, "green-1: exit code 3"),
        ({"alive": False}, "green-1: does not run"),
        ({"broken": True, "sentence": "given up"}, "green-1: given up"),
        ({"owns_port": False}, "green-1: its port answers, but belongs to another process"),
        (
            {"health": Known(Health(0, 2, "it answered 500"), T0)},
            "green-1: 2 failed in a row, the last: it answered 500",
        ),
        ({"restarts": 2}, "green-1: started again 2 times"),
    ],
)
def test_the_gravest_trouble_is_told(snapshot, changes, words):
    slot = Known(SlotWorld(NEW.digest, "2.0", (an_instance(GREEN, NEW, **changes),)), T0)
    s = replace(snapshot, world=replace(snapshot.world, slots=snapshot.world.slots.put(GREEN, slot)))
    assert (words,) == lane(s, GREEN).troubles


def test_a_probe_is_told_in_a_few_words():
    assert "10 passed in a row" == probe_words(an_instance(GREEN, NEW))
    assert "not yet" == probe_words(an_instance(GREEN, NEW, health=Unknown("not yet")))
    silent = an_instance(GREEN, NEW, health=Known(Health(0, 1), T0))
    assert "1 failed in a row, the last: no reason given" == probe_words(silent)


def second(at: float, blue: int, green: int, lost: bool = False) -> Second:
    return Second(at, PerSlot(a_tally(blue), a_tally(green, green // 10)), lost)


def test_a_share_is_of_what_was_answered():
    assert 0.25 == observed_share((second(1, 10, 0), second(2, 20, 10)), GREEN)
    assert observed_share((), GREEN) is None
    assert observed_share((second(1, 0, 0),), GREEN) is None


def test_a_torn_or_a_missing_second_is_no_zero(snapshot):
    seen = (second(1.0, 10, 20), second(2.0, 10, 20, lost=True), second(5.0, 10, 0))
    world = replace(snapshot.world, signals=Known(seen, T0))
    assert ((20, 2), (None, None), (None, None), (None, None), (0, 0)) == seconds_of(world, GREEN)
