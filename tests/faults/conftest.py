"""The ground of a scenario, hushed: what the controller complains about in here is what the tests look at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.faults.ground import Ground


@pytest.fixture(autouse=True)
def hushed() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
async def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Ground]:
    ground = Ground(tmp_path, monkeypatch)
    async with ground.stack:
        yield ground
    await settled()


async def settled() -> None:
    """Connections that somebody still held are gone before the loop is; one that is just being taken up is taken up."""
    await rounds(asyncio.all_tasks() - {asyncio.current_task()}, 0.1)
    held = asyncio.all_tasks() - {asyncio.current_task()}
    for task in held:
        task.cancel()
    await rounds(held, 1.0)


async def rounds(tasks: set[asyncio.Task[object]], seconds: float) -> None:
    """Let the loop go round until these are over; what was closed just now takes its leave meanwhile."""
    for waits in (tasks, (), ()):
        await asyncio.wait([*waits, asyncio.create_task(asyncio.to_thread(int))], timeout=seconds)
