"""What a router process has counted."""

from verdigris.core.counters import Passage
from verdigris.core.world import Slot


def test_what_neither_ended_nor_is_inside_went_without_a_word():
    assert 3 == Passage("api", Slot.BLUE, begun=20, ended=10, inside=7).silent
    assert 0 == Passage("api", Slot.BLUE, begun=20, ended=10, inside=10).silent
