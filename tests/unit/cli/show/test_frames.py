"""A slot as a frame of the live screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.core.worlds import BLUE
from verdigris.cli.show.frames import DOTS_MOST, framed, spread
from verdigris.cli.show.ink import line, plain, width
from verdigris.cli.show.lanes import Lane

BUSY = Lane(
    *(BLUE, "live", "1.0", 90, 0.9, 3, 3, 3, 2, 7, 1, 60.0, 3, 40.0),
    requests=(60.0, None, 60.0),
    failures=(0.0, None, 3.0),
    troubles=("blue-3: exit code 3",),
)
EMPTY = Lane(BLUE, "empty", "")


@pytest.mark.parametrize("columns", [24, 30, 37, 47, 58, 80])
@pytest.mark.parametrize("lane", [BUSY, EMPTY], ids=["busy", "empty"])
@pytest.mark.parametrize("tall", [True, False])
def test_every_line_of_a_frame_has_its_width(lane, columns, tall):
    assert {columns} == {width(row) for row in framed(lane, columns, tall)}


@pytest.mark.parametrize("columns", [24, 47, 80])
@pytest.mark.parametrize("tall", [True, False])
def test_lanes_stay_level(columns, tall):
    assert len(framed(BUSY, columns, tall)) == len(framed(EMPTY, columns, tall))


def test_a_frame_tells_share_health_flight_and_trouble():
    drawn = plain(framed(BUSY, 58, True))
    for words in ("live", "90 %", "●●◐ 2/3", "7 + 1 long-lived", "60/s", "3 in 2 s", "✖ blue-3: exit code 3"):
        assert words in drawn


def test_a_policy_that_wants_any_number_of_instances_draws_as_many_as_anybody_counts():
    drawn = plain(framed(replace(BUSY, wanted=10**15), 120, True))
    assert DOTS_MOST - 3 == drawn.count("○")
    assert "2/1000000000000000" in drawn


def test_what_could_not_be_seen_is_a_question_mark():
    unseen = replace(EMPTY, unseen="the keeper does not answer")
    drawn = plain(framed(unseen, 58, True))
    assert 4 <= drawn.count("?")
    assert "✖ the keeper does not answer" in drawn


def test_the_left_one_gives_way():
    assert "abc…  right" == plain([spread(line("abcdefgh"), line("right"), 11)])
