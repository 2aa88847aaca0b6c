"""Run by test_terminal.py in a process of its own, with a terminal for its three streams: a verb over a fake house."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.unit.cli.house import FakeHouse
from verdigris.cli.edge import run
from verdigris.cli.session import Session
from verdigris.cli.voice import Voice

state, *arguments = sys.argv[1:]
house = FakeHouse(state=Path(state))
house.ship("1.0")
house.version = "2.0"
if arguments[0] == "watch":
    house.ship("2.0", phase="bake")
    house.pause(5.0)
session = Session(
    build=lambda config, state, app: house, pause=house.pause, clock=house.clock, voice=Voice(wall=house.wall)
)
sys.exit(run(arguments, session))
