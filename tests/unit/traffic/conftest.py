"""Applications that answer well and badly, and their end."""

import asyncio

import pytest

from tests.unit.traffic.apps import App
from tests.waiting import settled


@pytest.fixture
async def make_app():
    apps, before = [], asyncio.all_tasks()

    async def make(name="blue-1", **more):
        apps.append(await App(name, **more).start())
        return apps[-1]

    yield make
    for app in apps:
        await app.close()
    await settled(before)
