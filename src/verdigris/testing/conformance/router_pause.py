"""What every router has to keep while an app is paused, and what it has to remember of who sees which version."""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.world import Cohort, Known, Pause, PerSlot, Reading, Routing, Slot, Weights
from verdigris.testing.conformance.claims import eventually, holds, same, seen
from verdigris.testing.conformance.router_scene import (
    Check,
    Scene,
    all_on,
    all_reach,
    front_says,
    look_at,
    names,
    reading,
    told,
)

__all__ = ["CHECKS"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN
FEW = 3


def _paused(scene: Scene, slot: Slot, pause: Pause) -> Routing:
    return replace(all_on(scene, slot), pause=pause)


async def pause_and_cohort_are_read_back(scene: Scene) -> None:
    for generation, pause in enumerate((*Pause, Pause.NONE), start=1):
        await told(scene, _paused(scene, BLUE, pause), generation)
    shared = replace(all_on(scene, BLUE), weights=Weights(90, 10))
    for generation, cohort in enumerate((Cohort("d-3", GREEN), Cohort("d-4", BLUE), None), start=8):
        await told(scene, replace(shared, cohort=cohort), generation)
        await told(scene, replace(shared, cohort=cohort, pause=Pause.ALL), generation)


async def requests_wait_while_it_is_paused_and_are_served_when_it_is_over(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    await all_reach(scene, *names(scene, BLUE))
    await told(scene, _paused(scene, BLUE, Pause.ALL), 2)
    counts = scene.router.capabilities.in_flight
    before = await _in_flight(scene) if counts else 0
    await scene.hold(FEW)

    async def wait() -> bool:
        return seen((await scene.router.observe()).waiting, "who waits") >= FEW

    await eventually(scene, wait, f"{FEW} requests that wait")
    if counts:
        holds(await _in_flight(scene) <= before, "nobody reaches a slot while the app is paused")
    await told(scene, all_on(scene, BLUE), 3)

    async def arrived() -> bool:
        return not counts or await _in_flight(scene) >= FEW

    await eventually(scene, arrived, "those who waited in blue")
    same(0, await scene.let_go(), "failed requests of those that waited")
    await all_reach(scene, *names(scene, BLUE))


async def _in_flight(scene: Scene) -> int:
    return seen((await scene.router.observe()).in_flight.blue, "requests in blue")


async def the_proof_of_who_serves_is_given_though_it_is_paused(scene: Scene) -> None:
    for generation, (slot, pause) in enumerate(
        ((BLUE, Pause.ALL), (GREEN, Pause.ALL), (BLUE, Pause.MAINTENANCE), (GREEN, Pause.MAINTENANCE)),
        start=1,
    ):
        await told(scene, _paused(scene, slot, pause), generation)
        await front_says(scene, slot)


async def in_maintenance_nobody_reaches_a_member(scene: Scene) -> None:
    await told(scene, _paused(scene, BLUE, Pause.MAINTENANCE), 1)
    await all_reach(scene, "")
    await told(scene, all_on(scene, BLUE), 2)
    await all_reach(scene, *names(scene, BLUE))


async def a_restart_keeps_the_pause_or_shows_an_older_stamp(scene: Scene) -> None:
    first = await reading(scene)
    history = {first.generation: first.routing, 1: all_on(scene, BLUE), 2: _paused(scene, BLUE, Pause.ALL)}
    await told(scene, history[1], 1)
    await told(scene, history[2], 2)
    await scene.restart()

    async def back() -> Reading | None:
        world = await look_at(scene)
        return world.reading.value if world and isinstance(world.reading, Known) else None

    after = await eventually(scene, back, "the router after its restart")
    same(history[after.generation], after.routing, f"what it does under the stamp {after.generation}")


async def a_pause_moves_nobody(scene: Scene) -> None:
    members = PerSlot(scene.members.blue[:1], scene.members.green)
    wanted = replace(all_on(scene, GREEN, fallback=BLUE), members=members)
    for generation, pause in enumerate((Pause.NONE, Pause.ALL, Pause.SAFE, Pause.NONE), start=1):
        await told(scene, replace(wanted, pause=pause), generation)
    await all_reach(scene, *names(scene, GREEN))


CHECKS: tuple[Check, ...] = (
    pause_and_cohort_are_read_back,
    requests_wait_while_it_is_paused_and_are_served_when_it_is_over,
    the_proof_of_who_serves_is_given_though_it_is_paused,
    in_maintenance_nobody_reaches_a_member,
    a_restart_keeps_the_pause_or_shows_an_older_stamp,
    a_pause_moves_nobody,
)
