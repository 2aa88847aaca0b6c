"""Each row of the fault matrix under its own number: `pytest "tests/faults/test_faults.py::test_fault[F-23]"`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import SCENARIOS
from tests.faults.scenarios import ALL
from tests.street.conftest import DEBIAN

assert ALL


TRIED = sorted(SCENARIOS.items())


def tried() -> list[object]:
    """Every row that has a scenario; one that needs root somewhere needs it as a whole."""
    return [
        pytest.param(number, marks=pytest.mark.needs_root if any(s.needs_root for s in found) else ())
        for number, found in TRIED
    ]


@pytest.mark.parametrize("number", tried())
async def test_fault(number: str, ground: Ground):
    for scenario in SCENARIOS[number]:
        await scenario.run(ground.beside(scenario.name))


@pytest.mark.parametrize("number", [number for number, found in TRIED if any(s.on_each for s in found)])
async def test_fault_on_debians_router(number: str, ground: Ground):
    """What HAProxy itself has to do, done by an older one."""
    if not DEBIAN.is_file():
        pytest.skip("needs the Debian package haproxy")
    for scenario in SCENARIOS[number]:
        if scenario.on_each:
            await scenario.run(replace(ground.beside(scenario.name), haproxy=DEBIAN))
