"""What every router has to keep when something befalls it: it is restarted, out of reach, or a slot dies."""

from __future__ import annotations

from verdigris.core.errors import ActionError
from verdigris.core.world import Known, PerSlot, Reading, Routing, Seen, Slot
from verdigris.testing.conformance.claims import eventually, refuses, same
from verdigris.testing.conformance.router_scene import (
    FEW,
    Check,
    Scene,
    all_on,
    all_reach,
    front_says,
    look_at,
    names,
    preview_says,
    reading,
    told,
)

__all__ = ["CHECKS"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN


async def a_restart_keeps_what_was_told_or_shows_an_older_stamp(scene: Scene) -> None:
    first = await reading(scene)
    history = {first.generation: first.routing, 1: all_on(scene, BLUE), 2: all_on(scene, GREEN, BLUE)}
    await told(scene, history[1], 1)
    await told(scene, history[2], 2)
    await scene.restart()

    async def back() -> Reading | None:
        world = await look_at(scene)
        return world.reading.value if world and isinstance(world.reading, Known) else None

    after = await eventually(scene, back, "the router after its restart")
    same(history[after.generation], after.routing, f"what it does under the stamp {after.generation}")
    if after.generation == 2:
        await all_reach(scene, *names(scene, GREEN))
    await told(scene, history[2], 2)


async def an_unreachable_router_is_unknown_and_never_zero(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    await scene.cut()
    if world := await look_at(scene):
        seen_of = (world.reading, *_both(world.in_flight), *_both(world.long_lived))
        same((), tuple(value for value in seen_of if isinstance(value, Known)), "what is claimed to be known")
    await refuses(scene.router.apply(all_on(scene, GREEN), 2), ActionError, "a routing that cannot be told")


def _both(counts: PerSlot[Seen[int]]) -> tuple[Seen[int], Seen[int]]:
    return counts.blue, counts.green


async def the_other_slot_jumps_in_by_itself_and_stays(scene: Scene) -> None:
    if not scene.router.capabilities.fallback:
        return
    wanted = all_on(scene, GREEN, fallback=BLUE)
    await _fallen_back(scene, wanted)
    await front_says(scene, BLUE)
    await scene.revive(GREEN)
    await eventually(scene, lambda: preview_says(scene, GREEN), "green back")
    await all_reach(scene, *names(scene, BLUE))
    same(Reading(wanted, 1, BLUE), await reading(scene), "what is read back with green alive again")


async def _fallen_back(scene: Scene, wanted: Routing) -> None:
    """Green serves and dies, and nobody tells the router anything."""
    await told(scene, wanted, 1)
    await all_reach(scene, *names(scene, GREEN))
    await scene.kill(GREEN)

    async def only_blue() -> bool:
        return set(+await scene.send(FEW)) == names(scene, BLUE)

    await eventually(scene, only_blue, "blue to jump in")
    same(Reading(wanted, 1, BLUE), await reading(scene), "what is read back after the fall")


async def telling_it_again_ends_the_fallback(scene: Scene) -> None:
    if not scene.router.capabilities.fallback:
        return
    wanted = all_on(scene, GREEN, fallback=BLUE)
    await _fallen_back(scene, wanted)
    await scene.revive(GREEN)

    async def told_again() -> bool:
        await scene.router.apply(wanted, 1)
        return set(+await scene.send(FEW)) == names(scene, GREEN)

    await eventually(scene, told_again, "green to serve again")
    same(Reading(wanted, 1), await reading(scene), "what is read back when it was told again")


async def nobody_jumps_in_who_may_not(scene: Scene) -> None:
    await told(scene, all_on(scene, GREEN), 1)
    await scene.kill(GREEN)
    await all_reach(scene, "")
    same(Reading(all_on(scene, GREEN), 1), await reading(scene), "what is read back with green dead")


CHECKS: tuple[Check, ...] = (
    a_restart_keeps_what_was_told_or_shows_an_older_stamp,
    an_unreachable_router_is_unknown_and_never_zero,
    the_other_slot_jumps_in_by_itself_and_stays,
    telling_it_again_ends_the_fallback,
    nobody_jumps_in_who_may_not,
)
