"""What tests of the witness are written with: a house that is watched, and a store that can be made to lie."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.engine.engines import APP, House, a_house
from verdigris.core.world import Routing
from verdigris.testing.invariants import Violation
from verdigris.testing.witness import Witness


async def a_witness(phase: str = "bake", **changes: Any) -> tuple[House, Witness]:
    house = await a_house(phase, **changes)
    witness = Witness(house.host, house.memory, APP)
    witness.truth.before()
    witness.course.step(clear=True)
    return house, witness


def routing(house: House, **changes: Any) -> Routing:
    return replace(house.host.routing, **changes)


def forge(house: House, **changes: Any) -> None:
    """The store says something else about the deployment."""
    saved = house.memory.rows[APP][-1]
    house.memory.rows[APP][-1] = replace(saved, deployment=replace(saved.deployment, **changes))


def promise(words: str) -> Any:
    return pytest.raises(Violation, match=words)
