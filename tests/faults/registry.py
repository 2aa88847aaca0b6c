"""Who tries what: the scenarios of each row by the way in which they bring its failure about, and its twin.

A scenario is a function of the ground that it may build on. A row may have several; all of them have to pass. What
another part of the tests shows already is called from there with `calling` and not written again.
"""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from tests.faults.ground import Ground

__all__ = ["SCENARIOS", "TWINS", "Scenario", "calling", "tried_by", "twin"]

Act = Callable[[Ground], Awaitable[None] | None]
Plant = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to try a row. `name` tells it from the others of its row. `on_each`: with Debian's HAProxy as well."""

    name: str
    way: str
    act: Act
    needs_root: bool = False
    on_each: bool = False

    async def run(self, ground: Ground) -> None:
        done = self.act(ground)
        if inspect.isawaitable(done):
            await done


SCENARIOS: dict[str, list[Scenario]] = defaultdict(list)
TWINS: dict[str, Plant] = {}


def tried_by(
    way: str, needs_root: bool = False, on_each: bool = False
) -> Callable[..., Callable[[Act], Act]]:
    """The decorator of a module: `row = tried_by("loop")`, and then `@row("F-01", "F-02")` above a scenario."""

    def row(*numbers: str) -> Callable[[Act], Act]:
        def enlist(act: Act) -> Act:
            for number in numbers:
                name = f"{way}{len(SCENARIOS[number])}"
                SCENARIOS[number].append(Scenario(name, way, act, needs_root, on_each))
            return act

        return enlist

    return row


def calling(test: Callable[..., Any], *values: Any, **named: Any) -> Act:
    """A test that needs nothing from the ground, as a scenario."""
    return lambda ground: test(*values, **named)


def twin(*numbers: str) -> Callable[[Plant], Plant]:
    """The fault under which the rows' own scenarios have to fail."""

    def enlist(plant: Plant) -> Plant:
        for number in numbers:
            assert number not in TWINS, f"{number} has two twins"
            TWINS[number] = plant
        return plant

    return enlist
