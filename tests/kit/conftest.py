"""The servers that the kit's tests run against: one Redis and one PostgreSQL per module, well again for every test."""

from collections.abc import Iterator

import pytest

from tests.servers.postgres import postgres_server
from tests.servers.redis import emptied, redis_server
from tests.servers.server import Server


@pytest.fixture(scope="module")
def module_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def module_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def redis(module_redis: Server) -> Server:
    """A Redis that runs and is empty, whatever the test before did to it."""
    return emptied(module_redis)


@pytest.fixture
def postgres(module_postgres: Server) -> Server:
    """A PostgreSQL that runs; what other tests of the module left in it is still there."""
    module_postgres.start()
    return module_postgres
