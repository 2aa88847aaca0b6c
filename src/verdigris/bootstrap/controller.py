"""`verdigris up`: the controller of all apps of a state directory, in the foreground, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from verdigris.adapters.environments.process.adapter import ProcessEnvironment
from verdigris.adapters.stores.keeping import KEPT, Kept
from verdigris.adapters.stores.lease import CONTROLLER, Lease
from verdigris.adapters.stores.pokes import listen
from verdigris.adapters.stores.sql import SqlStore
from verdigris.bootstrap.background import refuse_to_forget, start_keeper, wiring
from verdigris.bootstrap.house import DATABASE, WIRING, House
from verdigris.bootstrap.wiring import Wired, wired
from verdigris.core.errors import Conflict, StoreUnavailable, VerdigrisError
from verdigris.engine.loop import Engine
from verdigris.engine.service import Service
from verdigris.keeper.client import KeeperClient, KeeperError

__all__ = ["run_controller"]

log = logging.getLogger("verdigris")

Wiring = Callable[[House], AbstractAsyncContextManager[Wired]]

LOOK_EVERY = 0.1
ROLLBACK_LOOKS, DYING_LOOKS = 300, 30
"""How often a lease is looked at that a rollback has, or nobody who lives."""
KEEPER_EVERY = 2.0
"""Seconds between two looks whether the keeper is there."""
TIDIED_EVERY = 3600.0
"""Seconds from one look for what the store may forget to the next."""


async def run_controller(house: House, wire: Wiring = wired) -> None:
    """Hold the lease and run the loop. SIGTERM and SIGINT end it after its round; traffic stays where it is.

    `wire` makes the adapters of the house; a test may hand in one that looks over their shoulders.
    """
    lease = Lease(house.state)
    await take(lease)
    try:
        await asyncio.to_thread(start_keeper, house, log.info)
        await refuse_a_lost_store(house)
        await asyncio.to_thread(refuse_to_forget, house)
        (house.state / WIRING).write_text(wiring(house))
        async with wire(house) as shared:
            await shared.store.prepare()
            await serve(house, shared)
    finally:
        lease.release()


async def take(lease: Lease) -> None:
    """Take the lease. A rollback that is being done without a controller is let finish first, and so is the end of a
    process that was killed: it keeps the lease for a moment longer than its name."""
    for look in range(ROLLBACK_LOOKS):
        try:
            return lease.acquire()
        except Conflict:
            holder = lease.holder()
            if holder.role == CONTROLLER if holder else look >= DYING_LOOKS:
                raise
        await asyncio.sleep(LOOK_EVERY)
    return lease.acquire()


async def refuse_a_lost_store(house: House) -> None:
    """A store that is gone while instances run must not be taken for a new one: nobody would know what serves."""
    path = house.state / DATABASE
    if path.exists() and path.stat().st_size > 0:
        return
    seen = await KeeperClient(house.state).observe()
    if any(slot.count for slot in seen.slots.values()):
        raise StoreUnavailable(
            f"{path} is gone while instances run. Traffic stays where it is: `verdigris recover`"
        )


async def serve(house: House, shared: Wired) -> None:
    """Run a loop for each app, none of which waits for another."""
    service = Service([Engine(app, parts) for app, parts in shared.apps.items()])
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    ears = listen(house.state)
    loop.add_reader(ears.fileno(), lambda: hear(ears, service))
    beside = [
        asyncio.create_task(follow(environment, service.bells[app]), name=f"changes of {app}")
        for app, environment in shared.environments.items()
    ]
    beside.append(asyncio.create_task(mind_the_keeper(house), name="the keeper"))
    beside.append(asyncio.create_task(tidy(shared.store), name="the store"))
    log.info("the controller of %s is up: %s", house.state, ", ".join(shared.apps))
    try:
        await service.run()
    finally:
        loop.remove_reader(ears.fileno())
        ears.close()
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        log.info("the controller is down, traffic stays where it is")


def hear(ears: socket.socket, service: Service) -> None:
    """One poke, or many: all mean the same."""
    with contextlib.suppress(BlockingIOError):
        while ears.recv(64):
            service.wake()


async def follow(environment: ProcessEnvironment, bell: asyncio.Event) -> None:
    """Have an app looked at as soon as an instance of it exits or becomes healthy."""
    async for _ in environment.changes():
        bell.set()


async def mind_the_keeper(house: House) -> None:
    """A keeper that was killed is started again. Nothing has stopped meanwhile: it finds what runs."""
    while True:
        await asyncio.sleep(KEEPER_EVERY)
        try:
            await KeeperClient(house.state).observe()
        except KeeperError as error:
            if error.kind == "unreachable":
                await asyncio.to_thread(start_again, house)


async def tidy(store: SqlStore, kept: Kept = KEPT, every: float = TIDIED_EVERY) -> None:
    """Forget the oldest of the past, now and then: a controller may run for months, and its file must not grow."""
    while True:
        try:
            await store.prune(kept)
        except StoreUnavailable as error:
            log.warning("nothing was forgotten, that is tried again: %s", error)
        await asyncio.sleep(every)


def start_again(house: House) -> None:
    try:
        start_keeper(house, log.warning)
    except VerdigrisError as error:
        log.error("%s", error)
