"""What a check of a router needs around it, and what the checks of routers have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

from verdigris.core.errors import ObservationError
from verdigris.core.world import (
    Answer,
    Member,
    PerSlot,
    Reading,
    RouterWorld,
    Routing,
    Seen,
    Slot,
    Unknown,
    Weights,
)
from verdigris.ports import Router
from verdigris.testing.conformance.claims import Waiting, eventually, same, seen

__all__ = [
    "FEW",
    "Check",
    "Scene",
    "all_on",
    "all_reach",
    "front_says",
    "look_at",
    "names",
    "preview_says",
    "proven",
    "reading",
    "told",
]

FEW = 40
"""Requests that show where everything goes."""


class Scene(Waiting, Protocol):
    """A router of nobody yet, two members in each slot behind it, and clients before it."""

    @property
    def router(self) -> Router: ...

    @property
    def members(self) -> PerSlot[tuple[Member, ...]]: ...

    @property
    def versions(self) -> PerSlot[str]:
        """The release that runs in each slot."""
        ...

    async def send(self, count: int) -> Counter[str]:
        """At least `count` requests through the front door: how many each member got, by name; "" got nowhere."""
        ...

    async def hold(self, count: int) -> None:
        """Begin that many requests, which last until they are let go."""
        ...

    async def let_go(self) -> int:
        """Have what is held answered; how many of them failed."""
        ...

    async def stream(self, count: int) -> None:
        """Open that many connections that last: WebSockets, say. They stay until somebody ends them."""
        ...

    async def streaming(self) -> int:
        """How many of them are still open, as their clients see it."""
        ...

    async def kill(self, slot: Slot) -> None:
        """All members of the slot are dead, and stay so."""
        ...

    async def revive(self, slot: Slot) -> None:
        """Have them serve again, at the same addresses."""
        ...

    async def pose(self, slot: Slot) -> None:
        """What answers at the slot's addresses is another release from now on."""
        ...

    async def restart(self) -> None:
        """The router dies and comes back."""
        ...

    async def cut(self) -> None:
        """The router can be neither asked nor told any more."""
        ...

    async def edit(self) -> Weights:
        """Somebody who knows nothing of us gives the router other weights by hand: these."""
        ...


Check = Callable[[Scene], Awaitable[None]]


def all_on(scene: Scene, slot: Slot, fallback: Slot | None = None) -> Routing:
    return Routing(Weights.share(slot, 100), scene.members, fallback, PerSlot("1.0.0", "2.0.0"))


async def reading(scene: Scene) -> Reading:
    return seen((await scene.router.observe()).reading, "what the router does")


async def told(scene: Scene, routing: Routing, generation: int) -> None:
    """Tell the router, which has done it when it says so: nobody waits for anything here."""
    await scene.router.apply(routing, generation)
    same(Reading(routing, generation), await reading(scene), "what is read back")


def names(scene: Scene, slot: Slot) -> set[str]:
    return {member.name for member in scene.members[slot]}


async def all_reach(scene: Scene, *wanted: str) -> None:
    got = await scene.send(FEW)
    same(set(wanted), set(+got), "who got requests")


async def preview_says(scene: Scene, slot: Slot) -> bool:
    return proven((await scene.router.observe()).preview[slot], slot, scene.versions[slot])


async def front_says(scene: Scene, slot: Slot) -> None:
    async def answers() -> bool:
        return proven((await scene.router.observe()).front, slot, scene.versions[slot])

    await eventually(scene, answers, f"{scene.versions[slot]} in {slot} at the front door")


def proven(answer: Seen[Answer], slot: Slot, version: str) -> bool:
    """Whether exactly this release answered well. Who answered is not known when it is not proven."""
    if isinstance(answer, Unknown):
        return False
    a = answer.value
    return a.passed and (a.slot, a.version) == (slot, version)


async def look_at(scene: Scene) -> RouterWorld | None:
    try:
        return await scene.router.observe()
    except ObservationError:
        return None
