"""A command line over a simulated host: what is typed, what comes out, what the exit code is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit.cli.house import FakeHouse
from verdigris.cli.edge import run
from verdigris.cli.session import Session
from verdigris.cli.voice import Voice


@dataclass(frozen=True)
class Said:
    """What one command line came to."""

    code: int
    out: str
    err: str


Type = Callable[..., Said]


@pytest.fixture(autouse=True)
def one_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same width, zone and colours wherever the tests run."""
    for name, value in {
        "COLUMNS": "100",
        "LINES": "40",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "SUDO_USER": "ada",
    }.items():
        monkeypatch.setenv(name, value)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def house(tmp_path: Path) -> FakeHouse:
    return FakeHouse(state=tmp_path)


@pytest.fixture
def type_(house: FakeHouse, capsys: pytest.CaptureFixture[str]) -> Type:
    """Type a command line at the house."""

    def typed(*arguments: str) -> Said:
        session = Session(
            build=lambda config, state, app: house,
            pause=house.pause,
            clock=house.clock,
            voice=Voice(wall=house.wall),
        )
        capsys.readouterr()
        code = run(["--state", str(house.state), *arguments], session)
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return typed
