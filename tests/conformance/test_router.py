"""Every router that we ship keeps what a router has to keep."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conformance.fake_street import FakeStreet
from tests.conformance.haproxy_street import HaproxyStreet
from verdigris.testing.conformance.router import CHECKS, Check, Scene


@asynccontextmanager
async def faked(directory: Path) -> AsyncIterator[Scene]:
    yield FakeStreet()


@asynccontextmanager
async def haproxy(directory: Path) -> AsyncIterator[Scene]:
    street = HaproxyStreet(directory / "router")
    try:
        await street.open()
        yield street
    finally:
        await street.close()


@pytest.mark.parametrize("make", [faked, haproxy], ids=["fake", "haproxy"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_router_keeps_that(check: Check, make, tmp_path: Path):
    async with make(tmp_path) as scene:
        await check(scene)
