"""Each row of the fault matrix under its own number: `pytest "tests/faults/test_faults.py::test_fault[F-23]"`."""

from __future__ import annotations

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import SCENARIOS
from tests.faults.scenarios import ALL

assert ALL


def tried() -> list[object]:
    """Every row that has a scenario; one that needs root somewhere needs it as a whole."""
    return [
        pytest.param(number, marks=pytest.mark.needs_root if any(s.needs_root for s in found) else ())
        for number, found in sorted(SCENARIOS.items())
    ]


@pytest.mark.parametrize("number", tried())
async def test_fault(number: str, ground: Ground):
    for scenario in SCENARIOS[number]:
        await scenario.run(ground.beside(scenario.name))
