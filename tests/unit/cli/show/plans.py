"""Configurations and traffic that plans are made of."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.cli.house import FakeHouse
from verdigris.cli.show.noticing import Traffic
from verdigris.core.policy import Step

SETTINGS = FakeHouse().settings
BARE = replace(SETTINGS, policy=replace(SETTINGS.policy, ramp=(Step(100, 0.0),), holdback=0, max_p99=None))
BUSY, QUIET = Traffic(1000.0, 0.001), Traffic(0.05, 0.0)
RAMP = {"ramp": (Step(10, 120.0), Step(95, 0.0)), "holdback": 5, "bake": 900.0}


def with_policy(**changes):
    return replace(SETTINGS, policy=replace(SETTINGS.policy, **changes))


def with_holdback(**changes):
    return with_policy(holdback=5, ramp=(Step(10, 5.0), Step(95, 0.0)), **changes)
