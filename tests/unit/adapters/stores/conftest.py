"""A store that is ready, and the tools to look into its file past it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.files import DATABASE
from verdigris.adapters.stores.sql import SqlStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / DATABASE


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqlStore]:
    store = SqlStore(path)
    await store.prepare()
    yield store
    await store.close()


@pytest.fixture
def desk(path: Path, store: SqlStore) -> SqliteDesk:
    return SqliteDesk(path)


@pytest.fixture
def sql(path: Path):
    """Run SQL on the file from outside, and bring back the rows."""

    def run(statement: str, *values: object) -> list[tuple]:
        with closing(sqlite3.connect(path)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    return run
