"""Taking traffic back with no controller: dead, frozen, or with a database that nobody can read.

The lease is taken first, so that no two decide. With a readable store the ordinary loop does the work; without one
the router and the keeper are all that is known, and a record is left for the controller that comes back.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from verdigris.adapters.stores.directs import FileDirects
from verdigris.adapters.stores.lease import Lease
from verdigris.bootstrap.background import refuse_to_forget, start_keeper
from verdigris.bootstrap.house import House, Say
from verdigris.bootstrap.wiring import wired
from verdigris.core.deployment import Deployment
from verdigris.core.errors import Conflict, Refused, StoreUnavailable
from verdigris.core.intake import Direct, way_back
from verdigris.core.world import (
    Command,
    Instance,
    Known,
    Reading,
    Seen,
    Slot,
    SlotWorld,
    Unknown,
    Verb,
    Weights,
)
from verdigris.engine.loop import Engine
from verdigris.engine.parts import Parts

__all__ = ["roll_back_directly"]

TAKE_OVER_WITHIN = 1.0
LOOKS = 300
LOOK_EVERY = 0.05
FAILURES = 3
"""Probes in a row: one alone fails on a busy machine too, and the way back is not given up for that."""
BACK = ("settle", "discard", "rolled_back", "aborted")


async def roll_back_directly(house: House, actor: str, reason: str, say: Say) -> Direct | Deployment:
    """Have traffic on the old slot, confirmed. `Refused` when nothing there can serve."""
    lease = Lease(house.state)
    holder = lease.take_over(TAKE_OVER_WITHIN)
    if holder is not None:
        say(f"the {holder} did not answer and was ended; traffic did not depend on it")
    try:
        await asyncio.to_thread(start_keeper, house, say)
        await asyncio.to_thread(refuse_to_forget, house)
        async with wired(house) as shared:
            parts = shared.of(house.app)
            try:
                await shared.store.prepare()
                return await by_the_book(house, parts, actor, reason)
            except (StoreUnavailable, Conflict) as error:
                say(f"{error}. Rolling back by what the router and the keeper say")
                return await by_sight(house, parts, actor, reason)
    finally:
        lease.release()


async def by_the_book(house: House, parts: Parts, actor: str, reason: str) -> Deployment:
    """The ordinary loop, for as long as it takes to have traffic back."""
    if await parts.store.load(house.app) is None:
        raise Refused("there is no deployment that could be rolled back. See `verdigris history`")
    await a_look(parts)  # every instance has been asked once: the old slot is known to be able, or not
    command = house.desk().file(
        house.app, Command(0, Verb.ROLLBACK, actor, reason or "without the controller")
    )
    engine = Engine(house.app, parts, admitting=False)
    for _ in range(LOOKS):
        tick = await engine.tick()
        answered = house.desk().answer(command)
        if answered is not None and not answered[0]:
            raise Refused(answered[1])
        if answered is not None and tick.decision and tick.decision.deployment.phase in BACK:
            return tick.decision.deployment
        await asyncio.sleep(LOOK_EVERY)
    raise StoreUnavailable("the rollback could not be confirmed")


async def by_sight(house: House, parts: Parts, actor: str, reason: str) -> Direct:
    """The slot that served before takes all, if something healthy runs there."""
    seen = (await parts.router.observe()).reading
    if isinstance(seen, Unknown):
        raise Refused(f"the router cannot be read: {seen.why}. See `verdigris doctor`")
    reading = seen.value
    record = FileDirects(house.state, house.app).read()
    to = way_back(reading, record)
    if to is None:
        raise Refused(
            f"the router knows no way back from {reading.routing.weights}: no traffic had moved, or it is over"
        )
    if record is not None and record.generation == reading.generation:
        return record
    if not can_serve(await a_fair_look(parts, to)):
        raise Refused(
            f"nothing healthy runs in {to}, so traffic stays where it is. See `verdigris logs {to}`"
        )
    direct = Direct(to, (reading.generation or 0) + 1, actor, parts.clock.wall(), reason)
    await switch(parts, reading, direct)
    try:
        FileDirects(house.state, house.app).write(direct)
    except OSError as error:
        raise StoreUnavailable(
            f"traffic is back on {to}, but the record of it cannot be written: {error}"
        ) from error
    return direct


async def switch(parts: Parts, reading: Reading, direct: Direct) -> None:
    """Move everything and look whether it happened: only the router's own answer counts."""
    weights = Weights.share(direct.to, 100)
    await parts.router.apply(replace(reading.routing, weights=weights, fallback=None), direct.generation)
    for _ in range(LOOKS):
        seen = (await parts.router.observe()).reading
        if (
            isinstance(seen, Known)
            and seen.value.routing.weights == weights
            and seen.value.fell_back_to is None
        ):
            return
        await asyncio.sleep(LOOK_EVERY)
    raise Refused(f"the router does not confirm that {direct.to} has all traffic. See `verdigris doctor`")


async def a_look(parts: Parts) -> None:
    """Until every instance has been probed at least once."""
    slots = await parts.environment.observe()
    for _ in range(LOOKS):
        if all(probed(slots[slot]) for slot in Slot):
            break
        await asyncio.sleep(LOOK_EVERY)
        slots = await parts.environment.observe()


async def a_fair_look(parts: Parts, to: Slot) -> Seen[SlotWorld]:
    """One slot, as soon as an instance of it has passed a probe, or each that runs has failed several."""
    slot = (await parts.environment.observe())[to]
    for _ in range(LOOKS):
        if can_serve(slot) or hopeless(slot):
            break
        await asyncio.sleep(LOOK_EVERY)
        slot = (await parts.environment.observe())[to]
    return slot


def hopeless(slot: Seen[SlotWorld]) -> bool:
    return isinstance(slot, Known) and all(
        isinstance(i.health, Known) and i.health.value.failures >= FAILURES for i in serving(slot.value)
    )


def probed(slot: Seen[SlotWorld]) -> bool:
    return isinstance(slot, Unknown) or all(isinstance(i.health, Known) for i in serving(slot.value))


def serving(slot: SlotWorld) -> tuple[Instance, ...]:
    return tuple(i for i in slot.instances if i.alive and i.owns_port)


def can_serve(slot: Seen[SlotWorld]) -> bool:
    """Whether at least one instance answers its own health probe."""
    if isinstance(slot, Unknown):
        return False
    return any(isinstance(i.health, Known) and i.health.value.passes > 0 for i in serving(slot.value))
