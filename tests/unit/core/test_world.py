"""The values that travel."""

import pytest

from tests.unit.core.worlds import BLUE, GREEN, NEW, a_stage, an_instance
from verdigris.core.world import Known, PerSlot, Slot, SlotWorld, Tally, Unknown, Weights, known


def test_the_other_slot_is_the_other_slot():
    assert (GREEN, BLUE) == (BLUE.other, GREEN.other)
    assert [BLUE, GREEN] == list(Slot)


@pytest.mark.parametrize("slot", Slot)
def test_a_value_for_each_slot_is_put_and_found(slot):
    both = PerSlot("a", "b").put(slot, "c")
    assert ("c", both) == (both[slot], PerSlot.of(slot, "c", both[slot.other]))


@pytest.mark.parametrize(("blue", "green"), [(60, 60), (-1, 101), (0, 0), (100, 1)])
def test_weights_are_whole_percent_and_sum_to_100(blue, green):
    with pytest.raises(ValueError, match="must be whole percent and sum to 100"):
        Weights(blue, green)


@pytest.mark.parametrize("slot", Slot)
def test_a_share_of_one_slot_leaves_the_rest_to_the_other(slot):
    assert (30, 70) == (Weights.share(slot, 30)[slot], Weights.share(slot, 30)[slot.other])
    assert "blue 30 % green 70 %" == str(Weights(30, 70))


def test_the_caller_says_what_an_unknown_is_taken_for():
    assert (3, 7) == (known(Known(3, 0.0), 7), known(Unknown("gone"), 7))


def test_a_slot_is_empty_when_nothing_is_there_and_nothing_is_to_be():
    assert SlotWorld(None).empty
    assert not SlotWorld(None, None, (an_instance(GREEN, NEW),)).empty
    assert not SlotWorld("digest").empty


def test_failures_are_disjoint_and_a_refusal_is_none():
    assert 6 == Tally(requests=100, errors=1, refused=50, unreached=2, timeouts=3).failures


def test_the_same_world_can_be_looked_at_from_another_moment():
    world = a_stage().world()
    assert (world.now + 5, world.slots) == (world.at(world.now + 5).now, world.at(world.now + 5).slots)
