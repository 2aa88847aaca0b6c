"""A controller that dies while somebody follows is started again, or missed aloud."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.cli.house import FakeHouse
from verdigris.cli.minding import Minding
from verdigris.cli.session import Session
from verdigris.core.errors import Refused


@pytest.fixture
def minding() -> Minding:
    house = FakeHouse()
    built: Any = lambda config, state, app: house  # noqa: E731
    return Minding(Session(build=built, pause=house.pause, clock=house.clock))


def looked(minding: Minding, times: int) -> str:
    for _ in range(times):
        minding.session.pause(2.0)
        minding.mind()
    return minding.trouble


def test_one_that_is_there_is_left_alone(minding):
    assert "" == looked(minding, 3)


def test_one_that_is_away_for_a_moment_is_waited_for(minding):
    minding.session.house.running = False
    assert "" == looked(minding, 1)
    minding.session.house.running = True
    assert "" == looked(minding, 1)


def test_one_that_died_is_started_again_and_that_is_said_once(minding):
    minding.session.house.running = False
    assert "another one was started" in looked(minding, 2)
    assert minding.session.house.running
    assert "" == looked(minding, 1)


def test_one_that_cannot_be_started_is_missed_aloud(minding):
    def refuse(say):
        raise Refused("the disk is full")

    minding.session.house.running = False
    minding.session.house.start = refuse
    assert "no controller runs, so nothing goes on: the disk is full" == looked(minding, 3)
