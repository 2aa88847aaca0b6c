"""A keeper of real processes for each test, and everything it started gone afterwards."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.keeper.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.open()
    yield made
    made.close()


@pytest.fixture
def address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"
