"""Several apps at one glance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.house import FakeHouse
from verdigris.cli.show.ink import plain
from verdigris.cli.show.overview import overview_lines
from verdigris.cli.show.status import Staff
from verdigris.core.deployment import Drill
from verdigris.core.world import PerSlot, Unknown
from verdigris.ports import Snapshot


@pytest.fixture(scope="module")
def shipped() -> Snapshot:
    return FakeHouse().ship("1.0")


STAFF = Staff((4711, 1.0), (4712, 1.0))


def drawn(seen, width=120, staff=STAFF):
    wall = max((s.wall for s in seen.values() if s), default=0.0)
    return plain(overview_lines(seen, staff, wall, width)).splitlines()


def test_every_app_has_one_line_with_release_phase_traffic_and_health(shipped):
    lines = drawn({"api": shipped, "search": replace(shipped, trouble="the disk is full"), "ads": None})
    assert lines[0].startswith("api     d-1 1.0 → blue  succeeded  blue 100 %  2/2 healthy")
    assert lines[1].endswith("the disk is full")
    assert "ads     nothing is deployed yet" == lines[2]
    assert "verdigris status --app api" in lines[-1]


def test_what_cannot_be_seen_is_unknown(shipped):
    no = Unknown("no keeper answers")
    world = replace(shipped.world, slots=PerSlot(no, no), router=replace(shipped.world.router, reading=no))
    [line, *_] = drawn({"api": replace(shipped, world=world), "search": None})
    assert "traffic unknown  instances unknown" in line


def test_a_drill_that_nobody_looks_after_is_said_with_what_to_type(shipped):
    seen = {"api": replace(shipped, deployment=replace(shipped.deployment, drill=Drill(10, "ada", 1.0)))}
    told = [line for line in drawn(seen, staff=Staff()) if line.startswith("! ")]
    assert ["! api: no controller runs, so 10 % of the traffic stays on green"] == [s[:64] for s in told]
    assert told[0].endswith("`verdigris up`")
    assert [] == [line for line in drawn(seen) if line.startswith("! ")]


def test_no_line_is_wider_than_the_window(shipped):
    assert all(len(line) <= 60 for line in drawn({"api": shipped, "search": shipped}, 60))
