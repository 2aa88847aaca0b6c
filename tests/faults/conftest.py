"""The ground of a scenario, hushed: what the controller complains about in here is what the tests look at."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.ground import Ground
from tests.waiting import settled


@pytest.fixture(autouse=True)
def hushed() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
async def ground(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Callable[[str], None]
) -> AsyncIterator[Ground]:
    ground = Ground(tmp_path, monkeypatch, say=figure)
    async with ground.stack:
        yield ground
    await settled()
