"""Who is at work for a state directory."""

from __future__ import annotations

import os
import time

import pytest

from tests.unit.cli.house import FakeHouse
from verdigris.adapters.stores.lease import Holder
from verdigris.cli.session import Session
from verdigris.cli.staff import staff_of
from verdigris.cli.voice import Voice
from verdigris.core.errors import Refused
from verdigris.keeper.children import Identity
from verdigris.keeper.observed import KeeperSeen, Observed

WALL = 1_700_000_000.0


def staff(house):
    return staff_of(Session(build=lambda config, state, app: house, voice=Voice(wall=lambda: WALL)))


class Staffed(FakeHouse):
    """A house whose keeper and controller were started ten seconds ago."""

    def keeper(self) -> Observed:
        since = time.clock_gettime(time.CLOCK_BOOTTIME) - 10
        return Observed(KeeperSeen(4700, since, "boot", "2", ""), {}, None, {}, ())

    def controller(self) -> Holder:
        ticks = (time.clock_gettime(time.CLOCK_BOOTTIME) - 10) * os.sysconf("SC_CLK_TCK")
        return Holder(Identity(4711, int(ticks), "boot"), "controller")


def test_both_are_told_with_pid_and_since_when_on_the_wall_clock():
    found = staff(Staffed())
    assert found.controller is not None
    assert found.keeper is not None
    assert (4711, 4700) == (found.controller[0], found.keeper[0])
    assert [WALL - 10] * 2 == [
        pytest.approx(since, abs=5) for since in (found.controller[1], found.keeper[1])
    ]


def test_where_nobody_is_nobody_is_told():
    found = staff(FakeHouse(running=False))
    assert (None, None) == (found.controller, found.keeper)


class Foreign(FakeHouse):
    """A house over a state directory of somebody else."""

    def controller(self) -> Holder:
        raise Refused("it belongs to user 0")


def test_what_cannot_be_asked_counts_as_not_there():
    assert staff(Foreign()).controller is None
