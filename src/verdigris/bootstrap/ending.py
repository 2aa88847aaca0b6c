"""The end: of one app, which the others do not notice, or of everything in the state directory.

What ends is asked to end and waited for. It needs no room on the disk, and finds what a killed keeper left behind.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.adapters.stores.directs import FileDirects
from verdigris.adapters.stores.lease import Lease
from verdigris.bootstrap.background import have_controller, start_keeper
from verdigris.bootstrap.house import DATABASE, SEEN, Say
from verdigris.core.deployment import Deployment, Note, Routed
from verdigris.core.errors import Refused, StoreUnavailable, VerdigrisError
from verdigris.core.world import Known, Pause, Routing, Slot, Weights
from verdigris.keeper.client import KeeperError, ask
from verdigris.keeper.names import realm_of
from verdigris.keeper.protocol import Shutdown, StopRequest

if TYPE_CHECKING:
    from verdigris.bootstrap.house import House
    from verdigris.ports import Saved

__all__ = ["make_writable", "tear_down", "tear_down_everything"]

STOPPED_WITHIN = 5.0
ENDED_WITHIN = 120.0
GLANCE = 0.1


def tear_down_everything(house: House, say: Say) -> None:
    """Stop controller, instances, router and keeper, and remove the state directory."""
    if not house.state.is_dir():
        say(f"there is nothing in {house.state}")
        return
    lease = Lease(house.state)
    lease.take_over(STOPPED_WITHIN)
    try:
        say("the controller is stopped")
        if (house.state / "keeper.json").exists():
            start_keeper(
                house, say
            )  # one that was killed left everything running, and only a keeper finds it
        shut_down(house, say)
        make_writable(house.state / "releases")
        removed = remove(house.state)
    finally:
        lease.release()
    say(f"{house.state} is removed" if removed else f"{house.state} is empty; it is a mount point and stays")


def shut_down(house: House, say: Say) -> None:
    """End the keeper with all that it runs."""
    try:
        asked_to_end(house, say)
        say("router, instances and keeper are stopped")
    except KeeperError as error:
        if error.kind != "unreachable":
            raise VerdigrisError(error.sentence) from error
        say("no keeper was running")


def asked_to_end(house: House, say: Say) -> None:
    try:
        ask(house.state, Shutdown(everything=True), ENDED_WITHIN)
    except KeeperError as error:
        if error.kind != "full":
            raise
        # What the keeper has to write down first finds the room of a store that nobody needs any more.
        for path in house.state.glob(f"{DATABASE}*"):
            path.unlink()
        say(f"the disk is full: {DATABASE} is removed first, to make room for the end")
        ask(house.state, Shutdown(everything=True), ENDED_WITHIN)


def remove(directory: Path) -> bool:
    """Remove all that is in a directory, then the directory itself; whether that could be done as well."""
    for path in directory.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    try:
        directory.rmdir()
    except OSError:
        return False
    return True


def make_writable(root: Path) -> None:
    """Releases are sealed; what is to be removed has to be opened again."""
    for directory, _, _ in os.walk(root):
        Path(directory).chmod(0o700)


# --- one app ----------------------------------------------------------------------------------------------------


def tear_down(house: House, actor: str, say: Say) -> None:
    """End the named app: its requests are refused from now on. The others go on, under a controller of their own.

    Its deployments stay in the store, the last of them aborted, so that it can be deployed anew at any time.
    """
    app = house.app
    if not house.state.is_dir():
        raise Refused(f"{house.state} is no directory, so {app} was never deployed from it. Look at --state")
    start_keeper(house, say)
    if app not in {*house.seen, *running(house)}:
        raise Refused(f"{app} was never deployed from {house.state}. See `verdigris status`")
    lease = Lease(house.state)
    lease.take_over(STOPPED_WITHIN)
    try:
        asyncio.run(end(house, actor, say))
        forget(house)
    finally:
        lease.release()
        if left := running(house):
            say(f"{', '.join(sorted(left))} goes on")
            have_controller(house, say)
    if not left:
        say("no app is left. Router and keeper still run: `verdigris teardown --all` ends them too")


def forget(house: House) -> None:
    """Remove what is of no use without instances. Logs and the event log stay, for whoever asks why."""
    releases = house.state / "releases" / house.app
    make_writable(releases)
    shutil.rmtree(releases, ignore_errors=True)
    for path in (house.state / f"{SEEN}{house.app}.json", FileDirects(house.state, house.app).path):
        path.unlink(missing_ok=True)


def running(house: House) -> set[str]:
    """The apps that have something running."""
    seen = house.keeper()
    slots = seen.slots.items() if seen else ()
    return {realm_of(name) for name, slot in slots if slot.count or slot.instances}


async def end(house: House, actor: str, say: Say) -> None:
    """Written down first; then no request reaches it any more; then its instances go."""
    heard = house.keeper()
    generation = heard.generations.get(house.app, 0) if heard else 0
    if house.app in house.apps:
        generation = await taken_from_the_router(house, actor, generation, say)
    else:
        generation = await written_down(house, actor, generation + 1, None, say)
    await asyncio.to_thread(stop_instances, house, generation)
    say(f"the instances of {house.app} are stopped")


async def taken_from_the_router(house: House, actor: str, heard: int, say: Say) -> int:
    """Have the router send nobody to its instances, whose ports may be another's soon. The generation of the end."""
    from verdigris.bootstrap.wiring import wired

    async with wired(house, listen=False) as shared:
        parts = shared.of(house.app)
        seen = (await parts.router.observe()).reading
        if not isinstance(seen, Known):
            raise Refused(f"the router cannot be read: {seen.why}. See `verdigris doctor`")
        weights = seen.value.routing.weights
        heavier = max(Slot, key=lambda slot: weights[slot])
        nobody = Routing(Weights.share(heavier, 100))
        newest = max(heard, seen.value.generation or 0) + 1
        routed = Routed(nobody, newest, parts.clock.now())
        generation = await written_down(house, actor, newest, routed, say)
        await parts.router.apply(nobody, generation)
    return generation


async def written_down(house: House, actor: str, generation: int, routed: Routed | None, say: Say) -> int:
    """End the newest deployment of the app in the store, where there is one; the generation that it has then."""
    from verdigris.adapters.clock import MachineClock
    from verdigris.adapters.stores.sql import SqlStore

    if not (house.state / DATABASE).exists():
        return generation
    store, clock = SqlStore(house.state / DATABASE), MachineClock()
    try:
        await store.prepare()
        saved = await store.load(house.app)
        if saved is None:
            return generation
        generation = max(generation, saved.deployment.generation + 1)
        ended = torn_down(saved, actor, generation, routed, clock.base())
        note = Note("phase", f"aborted: {ended.deployment.cause}")
        await store.save(ended, saved.deployment.generation, (note,), (), clock.wall())
    except StoreUnavailable as error:
        say(f"{error}. The end of {house.app} is not written down")
    finally:
        await store.close()
    return generation


def torn_down(saved: Saved, actor: str, generation: int, routed: Routed | None, base: str) -> Saved:
    """A deployment after which nothing is to run: aborted, with nothing that it could go back to."""
    d = saved.deployment
    empty = routed.routing.weights if routed else None
    live = max(Slot, key=lambda slot: empty[slot]) if empty else d.live
    ended: Deployment = replace(
        d,
        phase="aborted",
        cause=f"torn down by {actor}",
        candidate=live.other,
        previous=None,
        moved=False,
        held="",
        stuck_in="",
        generation=generation,
        base=base,
        evidence=(),
        routed=replace(routed, generation=generation) if routed else None,
        disowned=None,
        pause=Pause.NONE,
    )
    return replace(saved, deployment=ended)


def stop_instances(house: House, generation: int) -> None:
    """Have nothing in the slots of the app, and wait until that is so."""
    try:
        for slot in Slot:
            ask(house.state, StopRequest(f"{house.app}.{slot}", f"gone/{generation}", generation), 10.0)
    except KeeperError as error:
        raise VerdigrisError(error.sentence) from error
    until = time.monotonic() + ENDED_WITHIN
    while house.app in running(house):
        if time.monotonic() > until:
            raise VerdigrisError(
                f"{house.app} still has instances after {ENDED_WITHIN:.0f} s. See `verdigris doctor`"
            )
        time.sleep(GLANCE)
