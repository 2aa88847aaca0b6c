"""A workshop, and a stage with a keeper of real processes, for each test; nothing of them runs afterwards."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.adapters.environments.process.stage import Stage
from tests.unit.adapters.environments.process.workshop import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture
async def stage(workshop: Workshop) -> AsyncIterator[Stage]:
    made = Stage(workshop)
    made.open()
    yield made
    await made.close()
