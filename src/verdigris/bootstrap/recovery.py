"""Building the store anew from what router and keeper say, when the old one is lost or damaged.

Traffic is not touched: what serves goes on serving. The damaged file is kept beside the new one.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from verdigris.adapters.environments.process.releases import Releases
from verdigris.adapters.stores.lease import Lease
from verdigris.bootstrap.house import DATABASE, House, Say
from verdigris.bootstrap.wiring import Wired, wired
from verdigris.core.deployment import Deployment, Note, Routed
from verdigris.core.errors import Refused
from verdigris.core.world import Known, PerSlot, Reading, Release, Seen, Slot, SlotWorld, Unknown
from verdigris.ports import Clock, Saved

__all__ = ["recover"]


async def recover(house: House, say: Say) -> str:
    """One sentence of what is known again. `Refused` when neither router nor keeper can be read."""
    if not house.state.is_dir():
        raise Refused(f"{house.state} is no directory, so nothing was ever deployed from it. Look at --state")
    lease = Lease(house.state)
    lease.take_over(1.0)
    try:
        await asyncio.to_thread(house.start_keeper, say)
        async with wired(house, listen=False) as parts:
            reading, slots = await what_runs(parts)
            put_aside(house.state / DATABASE, say)
            await parts.store.prepare()
            return await rebuild(house, parts, reading, slots)
    finally:
        lease.release()


def put_aside(path: Path, say: Say) -> None:
    """Keep the old file, and what belongs to it, under names of their own."""
    for file in sorted(path.parent.glob(f"{path.name}*")):
        if ".lost-" not in file.name:
            number = len(list(path.parent.glob(f"{file.name}.lost-*"))) + 1
            file.rename(file.with_name(f"{file.name}.lost-{number}"))
            say(f"{file.name} is kept as {file.name}.lost-{number}")


async def what_runs(parts: Wired) -> tuple[Reading, PerSlot[Seen[SlotWorld]]]:
    """Router and slots. Nothing is put aside before both were seen."""
    seen = (await parts.router.observe()).reading
    if isinstance(seen, Unknown):
        raise Refused(f"the router cannot be read: {seen.why}. See `verdigris doctor`")
    return seen.value, await parts.environment.observe()


async def rebuild(house: House, parts: Wired, reading: Reading, slots: PerSlot[Seen[SlotWorld]]) -> str:
    live, record = serving(reading), parts.parts.directs.read()
    release = release_in(house, slots[live])
    parts.parts.directs.clear()
    if release is None:
        return f"nothing runs in {live}: the next `verdigris deploy` is the first one"
    other = release_in(house, slots[live.other])
    generation = max(reading.generation or 0, (await parts.environment.keeper.observe()).generation) + 1
    d = deployment(house, release, other, live, reading, generation, parts.parts.clock)
    if other is not None and record is not None and record.to is live:
        d = taken_back(d, other)
    note = Note("recovered", f"{release.version} serves in {live}; built anew from the router and the keeper")
    await parts.store.save(Saved(d, house.settings.policy), None, (note,), (), parts.parts.clock.wall())
    fate = "is kept hot" if d.candidate is live else "was rolled back"
    rest = f", {other.version} {fate} in {live.other}" if other else ""
    return f"{d.id}: {release.version} serves in {live}{rest}"


def taken_back(d: Deployment, other: Release) -> Deployment:
    """The same where traffic was taken back by hand: what it was taken from is never the way back."""
    cause = "rolled back before the store was lost"
    return replace(d, release=other, previous=d.release, candidate=d.live, phase="restore", cause=cause)


def serving(reading: Reading) -> Slot:
    """Who serves. In the middle of a ramp it is the slot that did before, to which the router would fall back."""
    weights, before = reading.routing.weights, reading.routing.fallback
    heavier = max(Slot, key=lambda slot: weights[slot])
    return reading.fell_back_to or (heavier if weights[heavier] == 100 or before is None else before)


def deployment(
    house: House,
    release: Release,
    other: Release | None,
    live: Slot,
    reading: Reading,
    generation: int,
    clock: Clock,
) -> Deployment:
    """What runs, as a deployment in the phase that keeps the most: both slots hot if there are two."""
    return Deployment(
        id="d-1",
        app=house.app,
        release=release,
        previous=other,
        candidate=live,
        phase="stabilize" if other else "succeeded",
        generation=generation,
        base=clock.base(),
        routed=Routed(reading.routing, reading.generation or 0, clock.now()),
        disowned=reading.routing if reading.generation is None else None,
        moved=True,
        actor="recover",
        key="recover",
    )


def release_in(house: House, slot: Seen[SlotWorld]) -> Release | None:
    """The recorded release that runs in a slot."""
    if not isinstance(slot, Known) or slot.value.version is None:
        return None
    return Releases(house.state).find(slot.value.version)
