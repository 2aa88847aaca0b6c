"""Every store that we ship keeps what a store has to keep."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.files import DATABASE
from verdigris.adapters.stores.sql import SqlStore
from verdigris.ports import Desk, Store
from verdigris.testing.conformance.store import CHECKS, Check
from verdigris.testing.memory_store import MemoryStore


@asynccontextmanager
async def in_memory(state: Path) -> AsyncIterator[tuple[Store, Desk]]:
    store = MemoryStore()
    yield store, store


@asynccontextmanager
async def in_sqlite(state: Path) -> AsyncIterator[tuple[Store, Desk]]:
    store = SqlStore(state / DATABASE)
    await store.prepare()
    try:
        yield store, SqliteDesk(state / DATABASE)
    finally:
        await store.close()


@pytest.mark.parametrize("make", [in_memory, in_sqlite], ids=["memory", "sqlite"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_store_keeps_that(check: Check, make, tmp_path: Path):
    async with make(tmp_path) as (store, desk):
        await check(store, desk)
