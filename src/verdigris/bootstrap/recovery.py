"""Building the store anew from what router and keeper say, when the old one is lost or damaged.

Traffic is not touched: what serves goes on serving. The damaged file is kept beside the new one.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from verdigris.adapters.environments.process.releases import Releases
from verdigris.adapters.stores.lease import Lease
from verdigris.bootstrap.background import refuse_to_forget, start_keeper
from verdigris.bootstrap.house import DATABASE, House, Say
from verdigris.bootstrap.wiring import wired
from verdigris.core.deployment import Deployment, Note, Routed
from verdigris.core.errors import Refused
from verdigris.core.world import Known, PerSlot, Reading, Release, Seen, Slot, SlotWorld, Unknown
from verdigris.engine.parts import Parts
from verdigris.ports import Clock, Saved

__all__ = ["recover"]


async def recover(house: House, say: Say) -> tuple[str, ...]:
    """A sentence for each app of what is known again. `Refused` when router or keeper cannot be read."""
    if not house.state.is_dir():
        raise Refused(f"{house.state} is no directory, so nothing was ever deployed from it. Look at --state")
    lease = Lease(house.state)
    lease.take_over(1.0)
    try:
        await asyncio.to_thread(start_keeper, house, say)
        await asyncio.to_thread(refuse_to_forget, house)
        async with wired(house, listen=False) as shared:
            seen = {app: await what_runs(parts) for app, parts in shared.apps.items()}
            heard = (await shared.keeper.observe()).generations
            put_aside(house.state / DATABASE, say)
            await shared.store.prepare()
            found = [
                await rebuild(house, app, shared.of(app), *seen[app], heard.get(app, 0))
                for app in shared.apps
            ]
            return tuple(found)
    finally:
        lease.release()


def put_aside(path: Path, say: Say) -> None:
    """Keep the old file, and what belongs to it, under names of their own."""
    for file in sorted(path.parent.glob(f"{path.name}*")):
        if ".lost-" not in file.name:
            number = len(list(path.parent.glob(f"{file.name}.lost-*"))) + 1
            file.rename(file.with_name(f"{file.name}.lost-{number}"))
            say(f"{file.name} is kept as {file.name}.lost-{number}")


async def what_runs(parts: Parts) -> tuple[Reading, PerSlot[Seen[SlotWorld]]]:
    """Router and slots. Nothing is put aside before both were seen, of every app."""
    seen = (await parts.router.observe()).reading
    if isinstance(seen, Unknown):
        raise Refused(f"the router cannot be read: {seen.why}. See `verdigris doctor`")
    return seen.value, await parts.environment.observe()


async def rebuild(
    house: House, app: str, parts: Parts, reading: Reading, slots: PerSlot[Seen[SlotWorld]], heard: int
) -> str:
    """The deployment of one app. `heard` is the newest generation that the keeper knows of it."""
    live, record = serving(reading), parts.directs.read()
    releases = Releases(house.state, app)
    release = release_in(releases, slots[live])
    parts.directs.clear()
    if release is None:
        return f"{app}: nothing runs in {live}, the next `verdigris deploy` is the first one"
    other = release_in(releases, slots[live.other])
    generation = max(reading.generation or 0, heard) + 1
    d = deployment(app, release, other, live, reading, generation, parts.clock)
    if other is not None and record is not None and record.to is live:
        d = taken_back(d, other)
    note = Note("recovered", f"{release.version} serves in {live}; built anew from the router and the keeper")
    await parts.store.save(Saved(d, house.apps[app].policy), None, (note,), (), parts.clock.wall())
    fate = "is kept hot" if d.candidate is live else "was rolled back"
    rest = f", {other.version} {fate} in {live.other}" if other else ""
    return f"{app} {d.id}: {release.version} serves in {live}{rest}"


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
    app: str,
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
        app=app,
        release=release,
        previous=other,
        candidate=live,
        phase="stabilize" if other else "succeeded",
        generation=generation,
        base=clock.base(),
        routed=Routed(reading.routing, reading.generation or 0, clock.now()),
        disowned=reading.routing if reading.generation is None else None,
        pause=reading.routing.pause,
        moved=True,
        actor="recover",
        key="recover",
    )


def release_in(releases: Releases, slot: Seen[SlotWorld]) -> Release | None:
    """The recorded release that runs in a slot."""
    if not isinstance(slot, Known) or slot.value.version is None:
        return None
    return releases.find(slot.value.version)
