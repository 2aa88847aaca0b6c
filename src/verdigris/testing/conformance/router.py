"""What every router has to keep. Each check gets a fresh scene, and raises AssertionError.

@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_my_router(check): await check(my_scene)

`members.Street` is most of a scene for a router that forwards real requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace

from verdigris.core.errors import Conflict
from verdigris.core.world import Known, PerSlot, Reading, Routing, Slot, Unknown, Weights
from verdigris.testing.conformance import router_faults, router_pause, router_streams
from verdigris.testing.conformance.claims import eventually, holds, refuses, same, seen
from verdigris.testing.conformance.router_scene import (
    FEW,
    Check,
    Scene,
    all_on,
    all_reach,
    front_says,
    names,
    preview_says,
    proven,
    reading,
    told,
)

__all__ = ["CHECKS", "Check", "Scene"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN
MANY = 600

SIGMAS = 5
"""How far a share may be off: a router that is right fails one run in a million."""

CUTS = (1, 20, 60, 150, 400, 1000, 3000)
"""After how many turns of the event loop an apply is cut off: while it asks, tells, checks, or writes down."""


# --- what is told ---------------------------------------------------------------------------------------------


async def what_is_told_is_read_back(scene: Scene) -> None:
    for generation, percent in enumerate((0, 10, 50, 95, 100), start=1):
        await told(scene, replace(all_on(scene, BLUE), weights=Weights.share(GREEN, percent)), generation)
    await told(scene, all_on(scene, BLUE, fallback=GREEN), 6)
    await told(scene, all_on(scene, GREEN, fallback=BLUE), 7)
    blue_alone = PerSlot(scene.members.blue[:1], ())
    await told(scene, Routing(Weights(100, 0), blue_alone, None, PerSlot("3.1.4", "")), 8)
    await told(scene, all_on(scene, GREEN, fallback=BLUE), 9)


async def told_twice_is_told_once(scene: Scene) -> None:
    for _ in range(2):
        await told(scene, all_on(scene, BLUE), 1)
        await all_reach(scene, *names(scene, BLUE))


async def the_same_generation_may_be_told_again(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 3)
    await told(scene, all_on(scene, GREEN), 3)
    await all_reach(scene, *names(scene, GREEN))


async def an_older_generation_is_a_conflict_and_changes_nothing(scene: Scene) -> None:
    if not scene.router.capabilities.fenced:
        return
    await told(scene, all_on(scene, BLUE), 5)
    await refuses(
        scene.router.apply(all_on(scene, GREEN, fallback=BLUE), 4), Conflict, "generation 4 after 5"
    )
    same(Reading(all_on(scene, BLUE), 5), await reading(scene), "what the router does after the conflict")
    await all_reach(scene, *names(scene, BLUE))


async def an_apply_that_was_cut_off_can_be_told_again(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    for generation, turns in enumerate(CUTS, start=2):
        wanted = all_on(scene, (BLUE, GREEN)[generation % 2], fallback=(GREEN, BLUE)[generation % 2])
        await _cut_off(scene.router.apply(wanted, generation), turns)
        same(0, (await scene.send(FEW))[""], f"failed requests after an apply that lived {turns} turns")
        await told(scene, wanted, generation)


async def _cut_off(work: Awaitable[None], turns: int) -> None:
    task = asyncio.ensure_future(work)
    while turns and not task.done():
        turns -= 1
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


# --- where requests go ----------------------------------------------------------------------------------------


async def all_traffic_goes_where_the_weights_say(scene: Scene) -> None:
    for generation, slot in enumerate((BLUE, GREEN, BLUE), start=1):
        await told(scene, all_on(scene, slot), generation)
        await all_reach(scene, *names(scene, slot))


async def a_share_is_about_the_share(scene: Scene) -> None:
    for generation, percent in enumerate((10, 50), start=1):
        await told(scene, replace(all_on(scene, BLUE), weights=Weights.share(GREEN, percent)), generation)
        got = await scene.send(MANY)
        total, share = got.total(), percent / 100
        green = sum(got[name] for name in names(scene, GREEN))
        off = SIGMAS * (total * share * (1 - share)) ** 0.5
        holds(abs(green - total * share) <= off, f"{green} of {total} are about {percent} %")


async def a_member_that_is_taken_out_gets_nothing(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    await all_reach(scene, *names(scene, BLUE))
    first, second = scene.members.blue
    for generation, member in ((2, first), (3, second)):
        await told(scene, replace(all_on(scene, BLUE), members=PerSlot((member,), ())), generation)
        await all_reach(scene, member.name)


async def members_and_weights_change_without_a_failed_request(scene: Scene) -> None:
    for generation, slot in enumerate((BLUE, GREEN, BLUE, GREEN), start=1):
        alone = PerSlot.of(slot, scene.members[slot], ())
        telling = scene.router.apply(replace(all_on(scene, slot), members=alone), generation)
        if generation == 1:  # until then nobody serves
            await telling
            continue
        got, _ = await asyncio.gather(scene.send(FEW), telling)
        same(0, got[""], "failed requests while all members and all weight moved")


# --- what is seen ---------------------------------------------------------------------------------------------


async def requests_are_counted_until_they_end_though_traffic_has_moved(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    if not scene.router.capabilities.in_flight:
        await _nothing_is_counted(scene)
        return
    idle = (await scene.router.observe()).in_flight
    before = PerSlot(seen(idle.blue, "requests in blue"), seen(idle.green, "requests in green"))
    await scene.hold(3)
    await eventually(scene, lambda: _counted(scene, BLUE, before.blue + 3), "three more requests in blue")
    await told(scene, all_on(scene, GREEN), 2)
    await eventually(scene, lambda: _counted(scene, BLUE, 3), "three requests in blue")
    same(0, await scene.let_go(), "failed requests of those that were held")
    await eventually(scene, lambda: _counted(scene, BLUE, 0), "no request in blue")


async def _nothing_is_counted(scene: Scene) -> None:
    count = (await scene.router.observe()).in_flight
    holds(isinstance(count.blue, Unknown) and isinstance(count.green, Unknown), "who cannot count is silent")


async def _counted(scene: Scene, slot: Slot, count: int) -> bool:
    return seen((await scene.router.observe()).in_flight[slot], f"requests in {slot}") == count


async def a_preview_reaches_a_slot_without_weight(scene: Scene) -> None:
    await told(scene, replace(all_on(scene, BLUE), members=PerSlot(scene.members.blue, ())), 1)
    alone = (await scene.router.observe()).preview.green
    holds(isinstance(alone, Unknown), f"nobody answers in a slot without members, not {alone}")
    await told(scene, all_on(scene, BLUE), 2)
    if scene.router.capabilities.preview:
        await eventually(scene, lambda: preview_says(scene, BLUE), "the answer of blue")
        await eventually(scene, lambda: preview_says(scene, GREEN), "the answer of green")
    await all_reach(scene, *names(scene, BLUE))


async def the_front_answer_says_who_answered(scene: Scene) -> None:
    for generation, slot in enumerate((BLUE, GREEN, BLUE), start=1):
        await told(scene, all_on(scene, slot), generation)
        at_once = (await scene.router.observe()).front
        stale = isinstance(at_once, Known) and at_once.value.slot is slot.other
        holds(not stale, f"an answer of before the switch is no answer: {at_once}")
        await front_says(scene, slot)


async def an_impostor_is_not_taken_for_the_release(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    await front_says(scene, BLUE)
    await scene.pose(BLUE)

    async def found_out() -> bool:
        world = await scene.router.observe()
        asked = (world.front, world.preview.blue) if scene.router.capabilities.preview else (world.front,)
        return not any(proven(answer, BLUE, scene.versions.blue) for answer in asked)

    await eventually(scene, found_out, "another release found out")


async def an_edit_by_hand_does_not_bear_our_stamp(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 4)
    edited = await scene.edit()
    now = await reading(scene)
    same((edited, None), (now.routing.weights, now.generation), "weights and stamp after an edit by hand")
    await told(scene, all_on(scene, BLUE), 4)


CHECKS: tuple[Check, ...] = (
    what_is_told_is_read_back,
    told_twice_is_told_once,
    the_same_generation_may_be_told_again,
    an_older_generation_is_a_conflict_and_changes_nothing,
    an_apply_that_was_cut_off_can_be_told_again,
    all_traffic_goes_where_the_weights_say,
    a_share_is_about_the_share,
    a_member_that_is_taken_out_gets_nothing,
    members_and_weights_change_without_a_failed_request,
    requests_are_counted_until_they_end_though_traffic_has_moved,
    a_preview_reaches_a_slot_without_weight,
    the_front_answer_says_who_answered,
    an_impostor_is_not_taken_for_the_release,
    an_edit_by_hand_does_not_bear_our_stamp,
    *router_faults.CHECKS,
    *router_pause.CHECKS,
    *router_streams.CHECKS,
)
"""All of them; each wants a scene of its own."""
