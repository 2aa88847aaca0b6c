"""What a check of an environment needs around it, and what the checks of environments have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from verdigris.core.world import Health, Instance, Known, Release, Slot, SlotWorld
from verdigris.ports import Environment
from verdigris.testing.conformance.claims import Waiting, eventually, same, seen

__all__ = ["Check", "Scene", "health_of", "provision", "serving", "slot_of", "until"]

SURGE = 4
"""More than any check starts, but the one that is about it."""


class Scene(Waiting, Protocol):
    """An environment with nothing in it, and releases of every kind."""

    @property
    def environment(self) -> Environment: ...

    @property
    def good(self) -> Release: ...

    @property
    def other(self) -> Release:
        """As good as `good`, and not the same."""
        ...

    @property
    def hesitant(self) -> Release:
        """Its instances start and do not listen before they are encouraged."""
        ...

    @property
    def broken(self) -> Release:
        """Its instances end at once, however often they are started."""
        ...

    @property
    def unfit(self) -> Release:
        """Something that it needs is not there."""
        ...

    @property
    def missing(self) -> str:
        """A word that the complaint about `unfit` has to say."""
        ...

    async def encourage(self) -> None:
        """Instances of `hesitant` may listen from now on."""
        ...

    async def kill(self, instance: Instance) -> None:
        """The instance dies without a word."""
        ...

    async def cut(self) -> None:
        """Whoever looks after the instances can be neither asked nor told any more."""
        ...


Check = Callable[[Scene], Awaitable[None]]


async def slot_of(scene: Scene, slot: Slot = Slot.BLUE) -> SlotWorld:
    return seen((await scene.environment.observe())[slot], f"what is in {slot}")


async def provision(
    scene: Scene, release: Release, count: int, generation: int, slot: Slot = Slot.BLUE, surge: int = SURGE
) -> None:
    await scene.environment.provision(slot, release, count, surge, generation)


async def until(
    scene: Scene, true: Callable[[SlotWorld], object], what: str, slot: Slot = Slot.BLUE
) -> SlotWorld:
    async def look() -> SlotWorld | None:
        world = await slot_of(scene, slot)
        return world if true(world) else None

    return await eventually(scene, look, what)


async def serving(scene: Scene, release: Release, count: int, slot: Slot = Slot.BLUE) -> tuple[Instance, ...]:
    """The instances of the slot, once there are `count` and every one serves exactly this release."""

    def all_serve(world: SlotWorld) -> bool:
        return len(world.instances) == count and all(serves(i, release) for i in world.instances)

    world = await until(scene, all_serve, f"{count} instances of {release.version} in {slot}", slot)
    same((release.digest, release.version), (world.digest, world.version), f"the release of {slot}")
    return world.instances


def serves(instance: Instance, release: Release) -> bool:
    mine = instance.alive and instance.digest == release.digest and instance.owns_port is not False
    return mine and health_of(instance).passes > 0


def health_of(instance: Instance) -> Health:
    """Nothing passed and nothing failed where nothing is known."""
    return instance.health.value if isinstance(instance.health, Known) else Health(0, 0)
