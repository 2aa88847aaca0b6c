"""Every environment that we ship keeps what an environment has to keep."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conformance.sites import FakeSite, ProcessSite
from verdigris.testing.conformance.environment import CHECKS, Check, Scene


@asynccontextmanager
async def faked(directory: Path) -> AsyncIterator[Scene]:
    yield FakeSite()


@asynccontextmanager
async def processes(directory: Path) -> AsyncIterator[Scene]:
    site = ProcessSite(directory)
    try:
        yield site
    finally:
        await site.close()


@pytest.mark.parametrize("make", [faked, processes], ids=["fake", "process"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_an_environment_keeps_that(check: Check, make, tmp_path: Path):
    async with make(tmp_path) as scene:
        await check(scene)
