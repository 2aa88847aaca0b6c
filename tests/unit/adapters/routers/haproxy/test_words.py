"""The words that stand in several places are made in one."""

from verdigris.adapters.routers.haproxy.words import milliseconds


def test_a_time_is_rounded_to_whole_milliseconds():
    assert ("2ms", "60000ms") == (milliseconds(0.0015), milliseconds(60))
