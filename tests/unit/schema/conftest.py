"""The servers that the schema proof is tried on: real ones, started once for all tests that want them."""

import os
from collections.abc import Iterator
from zlib import crc32

import pytest

from verdigris.schema.shadow.embedded import embedded
from verdigris.schema.shadow.programs import Programs, installed
from verdigris.schema.shadow.server import Server

PARTED = "schema"
OLD, NEW = 15, 18
"""Debian 12's, and the one that the extra `postgres` brings."""


def programs(major: int) -> Programs:
    found = next((programs for programs in installed() if programs.major == major), None)
    if found is None:
        pytest.skip("needs the Debian package postgresql" if major == OLD else "needs verdigris[postgres]")
    return found


@pytest.fixture(scope="session")
def server15() -> Iterator[Server]:
    with embedded(programs(OLD)) as server:
        yield server


@pytest.fixture(scope="session")
def server18() -> Iterator[Server]:
    with embedded(programs(NEW)) as server:
        yield server


@pytest.fixture(params=["server15", "server18"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Both, one after the other. What a test made there is gone after it."""
    found = request.getfixturevalue(request.param)
    yield found
    found.clear()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Half of the tests on each server, always the same half; `VERDIGRIS_SERVERS=both` has all of them on both."""
    if os.environ.get("VERDIGRIS_SERVERS") == "both":
        return
    left_out = [item for item in items if PARTED in item.path.parts and on_another(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def on_another(item: pytest.Item) -> bool:
    """Whether its half runs on the other server."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    server = params.get("server")
    if server is None:
        return False
    name = f"{item.path.name}::{item.originalname}"  # type: ignore[attr-defined]
    return bool(server != ("server15", "server18")[crc32(name.encode()) % 2])
