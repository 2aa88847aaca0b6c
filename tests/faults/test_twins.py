"""Each row that matters most has a twin: with the guard taken out of the code, the row's own test has to fail."""

from __future__ import annotations

import pytest

from tests.faults import twins
from tests.faults.ground import Ground
from tests.faults.registry import SCENARIOS, TWINS
from tests.faults.scenarios import ALL

assert ALL
assert twins


@pytest.mark.parametrize("number", sorted(TWINS))
async def test_twin(number: str, ground: Ground):
    with TWINS[number]():
        complaint = await complaint_of(number, ground)
    assert complaint, f"{number} passes without its guard: who checks what it promises?"


async def complaint_of(number: str, ground: Ground) -> str:
    """What the row's scenarios complain about. Any other error is one of the twin itself."""
    for scenario in SCENARIOS[number]:
        try:
            await scenario.run(ground.beside(scenario.name))
        except (AssertionError, pytest.fail.Exception) as complaint:
            return str(complaint) or "an assertion"
    return ""
