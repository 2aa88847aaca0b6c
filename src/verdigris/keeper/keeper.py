"""The keeper: one loop that looks, takes the steps that are needed, and waits for the next reason to look.

A request changes the book, durably; the loop makes it true. So a keeper that was killed between the two
does the same when it comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import traceback
from collections.abc import Callable
from dataclasses import replace

from verdigris.keeper import logs, wanted
from verdigris.keeper.children import boot_id, marked_sessions, reap_strays
from verdigris.keeper.ground import Ground, now
from verdigris.keeper.instances import SlotCare
from verdigris.keeper.journal import Book, Instance, Router, Slot
from verdigris.keeper.observed import Event, KeeperSeen, Observed, State
from verdigris.keeper.ports import Evidence
from verdigris.keeper.protocol import Hand, KeeperError, Reload, RouterRequest, Shutdown, Start, StopRequest
from verdigris.keeper.router import RouterCare

__all__ = ["PROTOCOL", "Keeper", "after_reboot"]

PROTOCOL = "1"
WAIT_LEAST = 0.005
HANDED_MOST = 1000


class Keeper:
    """Router and slots of one state directory."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.router = RouterCare(ground)
        self.slots: dict[str, SlotCare] = {}
        self._over = False
        self._empty = asyncio.Event()
        self._tidied = 0.0

    def come_back(self) -> None:
        """Take up what an earlier keeper left: its children, or after a reboot everything it ran."""
        if self.ground.book.boot_id != boot_id():
            self.ground.book = after_reboot(self.ground.book, now())
        marked = marked_sessions()
        self.router.come_back(marked)
        for name in self.ground.book.slots:
            self._slot(name).come_back(marked, now())
        self.ground.flush()

    async def run(self) -> None:
        """Until a shutdown was asked for."""
        while not self._over:
            self.ground.woken.clear()
            moment = now()
            if not self._pass(moment):
                await asyncio.sleep(self.ground.tuning.housekeeping)  # or a fault of ours would fill the log
            with contextlib.suppress(TimeoutError):
                wait = max(self._due(moment) - now(), WAIT_LEAST)
                await asyncio.wait_for(self.ground.woken.wait(), wait)

    def _pass(self, moment: float) -> bool:
        """One step for everything that needs one. False when a step failed in a way nobody thought of."""
        evidence = Evidence()
        good = [self._guarded(self.router.tend, moment)]
        for care in list(self.slots.values()):
            good.append(self._guarded(care.tend, moment, evidence))
            if not care.record.count and not care.record.instances:
                self._forget(care.name)
        if moment - self._tidied >= self.ground.tuning.housekeeping:
            self._tidied = moment
            good.append(self._guarded(self._tidy))
        self.ground.flush()
        if not self.slots and not self.ground.book.router:
            self._empty.set()
        return all(good)

    def _guarded(self, step: Callable[..., None], *arguments: object) -> bool:
        """One slot's trouble is never another's, nor the router's."""
        try:
            step(*arguments)
        except Exception:  # the last resort of a process that has to go on
            self.ground.tell(Event("trouble", now(), sentence=traceback.format_exc()))
            return False
        return True

    def _due(self, moment: float) -> float:
        tidy = self._tidied + self.ground.tuning.housekeeping
        return min(tidy, self.router.due(), *(care.due(moment) for care in self.slots.values()))

    def _tidy(self) -> None:
        reap_strays(self.ground.children)
        most = self.ground.tuning.log_most_bytes
        for path in (
            *self.ground.state.glob("logs/*.log"),
            self.router.log,
            self.ground.state / "keeper.log",
        ):
            logs.bound(path, most)

    def _slot(self, name: str) -> SlotCare:
        return self.slots.setdefault(name, SlotCare(self.ground, name))

    def _forget(self, name: str) -> None:
        del self.slots[name]
        self.ground.secrets.pop(name, None)
        self.ground.note(slots={k: v for k, v in self.ground.book.slots.items() if k != name})

    def observe(self) -> Observed:
        evidence, book = Evidence(), self.ground.book
        me = KeeperSeen(os.getpid(), self.ground.since, boot_id(), PROTOCOL, self.ground.trouble)
        slots = {name: care.seen(evidence) for name, care in self.slots.items()}
        return Observed(me, book.generation, self.router.seen(), slots, book.stops)

    def start(self, request: Start) -> None:
        """Durably want these instances."""
        self._fence(request.generation)
        wanted.check(request)
        kept = self.ground.secrets.get(request.slot, {})
        news = bool(request.secrets.items() - kept.items())
        slot = wanted.declare(self.ground.book.slots.get(request.slot), request, now(), new_secrets=news)
        self._want(slot, request.generation)
        self.ground.secrets[request.slot] = kept | request.secrets

    def hand(self, request: Hand) -> None:
        """Remember these values until the keeper ends; the oldest go when there are too many."""
        if not request.secrets.items() - self.ground.handed.items():
            return
        fresh = {k: v for k, v in self.ground.handed.items() if k not in request.secrets} | request.secrets
        self.ground.handed = dict(list(fresh.items())[-HANDED_MOST:])
        slots = {name: wanted.retry(slot, now()) for name, slot in self.ground.book.slots.items()}
        self.ground.note(slots=slots)

    def stop(self, request: StopRequest) -> None:
        """Durably want these instances gone."""
        self._fence(request.generation)
        if before := self.ground.book.slots.get(request.slot):
            self._want(wanted.empty(before, request, now()), request.generation)
        else:
            self.ground.intend(generation=request.generation)

    def _want(self, slot: Slot, generation: int) -> None:
        self.ground.intend(generation=generation, slots=self.ground.book.slots | {slot.name: slot})
        self._slot(slot.name)

    async def route(self, request: RouterRequest) -> None:
        self._fence(request.generation)
        wanted.check_router(request)
        if successor := self.router.declare(request):
            await self.router.succession(successor, request.within)

    async def reload(self, request: Reload) -> None:
        self._fence(request.generation)
        await self.router.succession(self.router.reload(request.generation), request.within)

    async def shutdown(self, request: Shutdown) -> None:
        """End the keeper; with `everything` after all it runs has ended."""
        if request.everything:
            generation = self.ground.book.generation if request.generation is None else request.generation
            for name in list(self.slots):
                self.stop(StopRequest(name, "shutdown", generation))
            self.router.stop()
            self.ground.woken.set()
            self._empty.clear()
            await self._empty.wait()
        self.end()

    def end(self) -> None:
        """Leave the loop after this pass; what runs goes on running."""
        self._over = True
        self.ground.woken.set()

    def _fence(self, generation: int) -> None:
        if generation < self.ground.book.generation:
            raise KeeperError(
                "conflict",
                f"generation {generation} is older than {self.ground.book.generation}, which was seen already:"
                " another controller acts here; observe again",
            )


def after_reboot(book: Book, moment: float) -> Book:
    """The same wishes, with nothing started yet: no process and no moment of an earlier boot means anything."""
    slots = {name: _slot_again(slot, moment) for name, slot in book.slots.items() if slot.count}
    router = book.router and _router_again(book.router, moment)
    return Book(generation=book.generation, router=router, slots=slots)


def _slot_again(slot: Slot, moment: float) -> Slot:
    kept = [i for i in slot.instances if i.state is not State.STOPPING or i.listed]
    return replace(slot, restarts=0, instances=tuple(_again(i, moment) for i in kept))


def _again(instance: Instance, moment: float) -> Instance:
    if instance.state in (State.EXITED, State.STOPPING):
        return replace(instance, state=State.EXITED, since=moment, process=None)
    return Instance(
        instance.name,
        instance.mark,
        since=moment,
        port=instance.port,
        sentence="started again after a reboot",
    )


def _router_again(router: Router, moment: float) -> Router | None:
    if router.state is State.STOPPING:
        return None
    return replace(router, state=State.STARTING, since=moment, process=None, leaving=(), restarts=0, streak=0)
