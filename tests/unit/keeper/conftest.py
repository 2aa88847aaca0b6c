"""A keeper of real processes for each test, and everything it started gone afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.keeper.house import House
from verdigris.keeper.ports import take


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.open()
    yield made
    made.close()


@pytest.fixture
def address() -> Iterator[str]:
    """Nobody else takes its port while nobody listens there: neither the kernel gives it away nor another keeper."""
    port = take(0, os.getpid())
    yield f"127.0.0.1:{port.number}"
    port.free()
