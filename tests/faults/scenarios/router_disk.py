"""A real HAProxy whose directory is on a disk without room: what it does at once, and what a restart comes up from."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from tests.faults.scenarios.store_files import small_disk
from verdigris.core.errors import ActionError
from verdigris.core.world import Weights

rooted = tried_by("router", needs_root=True)


@rooted("F-83")
async def the_disk_is_full_and_has_room_again(ground: Ground) -> None:
    """The way back is done all the same. Its files follow with the first look that finds room, without a change."""
    disk = ground.stack.enter_context(small_disk(ground.place / "small"))
    house = await replace(ground, place=disk).house()
    slots = await house.both()
    await house.route(100, 1, *slots)
    filled = fill(house.directory / "ballast")
    with pytest.raises(ActionError, match="a restart would undo it: .*No space left on device"):
        await house.route(0, 2, *slots)
    assert ("blue", (Weights(100, 0), 2)) == ((await house.ask()).body, told(await house.reading()))
    filled.unlink()
    await house.reading()
    house.runner.crash()
    house.runner.start()
    assert (Weights(100, 0), 2) == told(await house.reading())


def fill(ballast: Path) -> Path:
    """Not a byte is left on its disk."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(1 << 12)):
            pass
    return ballast


def told(reading: Any) -> tuple[Weights, int]:
    return reading.routing.weights, reading.generation
