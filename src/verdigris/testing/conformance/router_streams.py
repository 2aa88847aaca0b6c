"""What every router has to keep of connections that last: it cuts none by itself, and ends them when it is asked."""

from __future__ import annotations

from verdigris.core.errors import ActionError, Conflict
from verdigris.core.world import RouterWorld, Slot
from verdigris.testing.conformance.claims import eventually, holds, refuses, same, seen
from verdigris.testing.conformance.router_scene import Check, Scene, all_on, told

__all__ = ["CHECKS"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN
FEW = 3
MANY = 60
"""So many that the last is not ended before the router is told something else."""


async def _open(scene: Scene, slot: Slot, count: int, generation: int) -> None:
    """The slot serves, and so many connections last in it."""
    await told(scene, all_on(scene, slot), generation)
    await scene.stream(count)

    async def counted() -> bool:
        return _lasting(await scene.router.observe(), slot) == count

    await eventually(scene, counted, f"{count} long-lived connections in {slot}")


def _lasting(world: RouterWorld, slot: Slot) -> int:
    return seen(world.long_lived[slot], f"long-lived connections in {slot}")


async def what_lasts_outlives_a_switch_and_is_counted_apart(scene: Scene) -> None:
    await _open(scene, BLUE, FEW, 1)
    await told(scene, all_on(scene, GREEN), 2)

    async def requests_are_over() -> bool:
        world = await scene.router.observe()
        return not scene.router.capabilities.in_flight or seen(world.in_flight.blue, "requests in blue") == 0

    await eventually(scene, requests_are_over, "no short request in blue")
    same(FEW, _lasting(await scene.router.observe(), BLUE), "long-lived connections in blue after the switch")
    same(FEW, await scene.streaming(), "open connections after the switch")


async def what_lasts_outlives_the_membership_of_its_slot(scene: Scene) -> None:
    await _open(scene, BLUE, FEW, 1)
    alone = all_on(scene, GREEN).members.put(BLUE, ())
    wanted = all_on(scene, GREEN)
    await told(scene, type(wanted)(wanted.weights, alone, None, wanted.versions), 2)
    same(FEW, _lasting(await scene.router.observe(), BLUE), "long-lived connections in blue without members")
    same(FEW, await scene.streaming(), "open connections after blue lost its members")


async def what_lasts_is_ended_when_that_is_asked_for_and_counted(scene: Scene) -> None:
    await _open(scene, BLUE, FEW, 1)
    await _open(scene, GREEN, 2, 2)
    before = (await scene.router.observe()).cut
    await scene.router.close_streams(BLUE, 2)

    async def over() -> RouterWorld | None:
        world = await scene.router.observe()
        return world if not _lasting(world, BLUE) and BLUE not in world.closing else None

    world = await eventually(scene, over, "no long-lived connection in blue")
    same((FEW, 0), (world.cut.blue - before.blue, world.cut.green - before.green), "how many were ended")

    async def noticed() -> bool:
        return await scene.streaming() == 2

    await eventually(scene, noticed, "only the connections of green to be open")
    same(2, _lasting(world, GREEN), "long-lived connections in green")


async def what_lasts_in_a_slot_that_serves_is_left_alone(scene: Scene) -> None:
    await _open(scene, BLUE, FEW, 1)
    await refuses(scene.router.close_streams(BLUE, 1), ActionError, "to end what lasts in a slot that serves")
    same(FEW, await scene.streaming(), "open connections in a slot that serves")


async def an_older_generation_ends_nothing(scene: Scene) -> None:
    if not scene.router.capabilities.fenced:
        return
    await _open(scene, BLUE, FEW, 1)
    await told(scene, all_on(scene, GREEN), 5)
    await refuses(scene.router.close_streams(BLUE, 4), Conflict, "generation 4 after 5")
    same(
        (FEW, frozenset()), (await scene.streaming(), (await scene.router.observe()).closing), "what goes on"
    )


async def weight_for_the_slot_stops_the_closing(scene: Scene) -> None:
    await _open(scene, BLUE, MANY, 1)
    await told(scene, all_on(scene, GREEN), 2)
    before = (await scene.router.observe()).cut.blue
    await scene.router.close_streams(BLUE, 2)

    async def begun() -> bool:
        world = await scene.router.observe()
        return BLUE in world.closing and world.cut.blue > before

    await eventually(scene, begun, "the first one to be ended")
    await told(scene, all_on(scene, BLUE), 3)

    async def settled() -> bool:
        world = await scene.router.observe()
        ended = world.cut.blue - before
        return BLUE not in world.closing and MANY - ended == _lasting(world, BLUE) == await scene.streaming()

    await eventually(scene, settled, "the closing to stop, and as many to be gone as were ended")
    holds(await scene.streaming() > 0, "some are left when the slot serves again")


CHECKS: tuple[Check, ...] = (
    what_lasts_outlives_a_switch_and_is_counted_apart,
    what_lasts_outlives_the_membership_of_its_slot,
    what_lasts_is_ended_when_that_is_asked_for_and_counted,
    what_lasts_in_a_slot_that_serves_is_left_alone,
    an_older_generation_ends_nothing,
    weight_for_the_slot_stops_the_closing,
)
