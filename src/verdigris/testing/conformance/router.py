"""What every router has to keep. Each check gets a fresh scene, and raises AssertionError.

@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_my_router(check): await check(my_scene)

`members.Street` is most of a scene for a router that forwards real requests.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Protocol

from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.core.world import (
    Answer,
    Known,
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
from verdigris.testing.conformance.claims import Waiting, eventually, holds, refuses, same, seen

__all__ = ["CHECKS", "Check", "Scene"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN
FEW, MANY = 40, 600

SIGMAS = 5
"""How far a share may be off: a router that is right fails one run in a million."""

CUTS = (1, 20, 60, 150, 400, 1000, 3000)
"""After how many turns of the event loop an apply is cut off."""


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
        for slot in Slot:
            await eventually(scene, partial(_preview, scene, slot), f"the answer of {slot}")
    await all_reach(scene, *names(scene, BLUE))


async def _preview(scene: Scene, slot: Slot) -> bool:
    return _proven((await scene.router.observe()).preview[slot], slot, scene.versions[slot])


async def the_front_answer_says_who_answered(scene: Scene) -> None:
    for generation, slot in enumerate((BLUE, GREEN, BLUE), start=1):
        await told(scene, all_on(scene, slot), generation)
        at_once = (await scene.router.observe()).front
        stale = isinstance(at_once, Known) and at_once.value.slot is slot.other
        holds(not stale, f"an answer of before the switch is no answer: {at_once}")
        await _front(scene, slot)


async def _front(scene: Scene, slot: Slot) -> None:
    async def look() -> bool:
        return _proven((await scene.router.observe()).front, slot, scene.versions[slot])

    await eventually(scene, look, f"{scene.versions[slot]} in {slot} at the front door")


def _proven(answer: Seen[Answer], slot: Slot, version: str) -> bool:
    """Whether exactly this release answered well. Who answered is not known when it is not proven."""
    if isinstance(answer, Unknown):
        return False
    a = answer.value
    return a.passed and (a.slot, a.version) == (slot, version)


async def an_impostor_is_not_taken_for_the_release(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    await _front(scene, BLUE)
    await scene.pose(BLUE)

    async def found_out() -> bool:
        world = await scene.router.observe()
        asked = (world.front, world.preview.blue) if scene.router.capabilities.preview else (world.front,)
        return not any(_proven(answer, BLUE, scene.versions.blue) for answer in asked)

    await eventually(scene, found_out, "another release found out")


async def an_edit_by_hand_does_not_bear_our_stamp(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 4)
    edited = await scene.edit()
    now = await reading(scene)
    same((edited, None), (now.routing.weights, now.generation), "weights and stamp after an edit by hand")
    await told(scene, all_on(scene, BLUE), 4)


# --- what befalls it ------------------------------------------------------------------------------------------


async def a_restart_keeps_what_was_told_or_shows_an_older_stamp(scene: Scene) -> None:
    first = await reading(scene)
    history = {first.generation: first.routing, 1: all_on(scene, BLUE), 2: all_on(scene, GREEN, BLUE)}
    await told(scene, history[1], 1)
    await told(scene, history[2], 2)
    await scene.restart()

    async def back() -> Reading | None:
        world = await _look(scene)
        return world.reading.value if world and isinstance(world.reading, Known) else None

    after = await eventually(scene, back, "the router after its restart")
    same(history[after.generation], after.routing, f"what it does under the stamp {after.generation}")
    if after.generation == 2:
        await all_reach(scene, *names(scene, GREEN))
    await told(scene, history[2], 2)


async def an_unreachable_router_is_unknown_and_never_zero(scene: Scene) -> None:
    await told(scene, all_on(scene, BLUE), 1)
    await scene.cut()
    if world := await _look(scene):
        seen_of = (world.reading, *_both(world.in_flight), *_both(world.long_lived))
        same((), tuple(value for value in seen_of if isinstance(value, Known)), "what is claimed to be known")
    await refuses(scene.router.apply(all_on(scene, GREEN), 2), ActionError, "a routing that cannot be told")


async def _look(scene: Scene) -> RouterWorld | None:
    try:
        return await scene.router.observe()
    except ObservationError:
        return None


def _both(counts: PerSlot[Seen[int]]) -> tuple[Seen[int], Seen[int]]:
    return counts.blue, counts.green


async def the_other_slot_jumps_in_by_itself_and_stays(scene: Scene) -> None:
    if not scene.router.capabilities.fallback:
        return
    wanted = all_on(scene, GREEN, fallback=BLUE)
    await _fallen_back(scene, wanted)
    await _front(scene, BLUE)
    await scene.revive(GREEN)
    await eventually(scene, lambda: _preview(scene, GREEN), "green back")
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
    a_restart_keeps_what_was_told_or_shows_an_older_stamp,
    an_unreachable_router_is_unknown_and_never_zero,
    the_other_slot_jumps_in_by_itself_and_stays,
    telling_it_again_ends_the_fallback,
    nobody_jumps_in_who_may_not,
)
"""All of them; each wants a scene of its own."""
