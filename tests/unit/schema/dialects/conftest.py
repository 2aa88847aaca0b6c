"""One MariaDB for all tests that want it."""

from collections.abc import Iterator

import pytest

from tests.servers import mariadb as servers
from verdigris.schema.dialects.mariadb import Server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    pytest.importorskip("pymysql", reason="needs PyMySQL")
    if not all(servers.program(name) for name in servers.PROGRAMS):
        pytest.skip("needs the Debian package mariadb-server")
    with servers.mariadb() as server:
        yield server
