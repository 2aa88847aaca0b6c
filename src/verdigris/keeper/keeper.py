"""The keeper: one loop that looks, takes the steps that are needed, and waits for the next reason to look.

A request changes the book, durably; the loop makes it true. So a keeper that was killed between the two
does the same when it comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import traceback
from collections.abc import Callable, Mapping

from verdigris.keeper import logs, telling, wanted
from verdigris.keeper.children import boot_id, marked_sessions, reap_strays
from verdigris.keeper.ground import Ground, now
from verdigris.keeper.instances import SlotCare
from verdigris.keeper.journal import Slot
from verdigris.keeper.names import ROUTER, realm_of
from verdigris.keeper.observed import Event, KeeperSeen, Observed
from verdigris.keeper.ports import Evidence
from verdigris.keeper.protocol import (
    Hand,
    KeeperError,
    Reload,
    RoleRequest,
    RouterRequest,
    Shutdown,
    Start,
    StopRequest,
)
from verdigris.keeper.reboot import after_reboot
from verdigris.keeper.router import RouterCare

__all__ = ["PROTOCOL", "Keeper"]

PROTOCOL = "2"
WAIT_LEAST = 0.005
HANDED_MOST = 1000
"""Values that one realm may have handed over."""

REALMS_MOST = 256


class Keeper:
    """Router and slots of one state directory."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.router = RouterCare(ground)
        self.slots: dict[str, SlotCare] = {}
        self._over = False
        self._empty = asyncio.Event()
        self._tidied = 0.0
        self._resting: dict[object, float] = {}

    def come_back(self) -> None:
        """Take up what an earlier keeper left: its children, or after a reboot everything it ran."""
        if self.ground.book.boot_id != boot_id():
            self.ground.book = after_reboot(self.ground.book, now())
            # The last words may not have reached the disk: nobody is live before somebody has looked.
            telling.forget_roles(self.ground, *self.ground.book.slots.values())
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
            self._pass(moment)
            with contextlib.suppress(TimeoutError):
                wait = max(self._due(moment) - now(), WAIT_LEAST)
                async with asyncio.timeout(wait):
                    await self.ground.woken.wait()

    def _pass(self, moment: float) -> None:
        """One step for everything that needs one."""
        evidence = Evidence()
        self._guarded(moment, self.router, self.router.tend, moment)
        for care in list(self.slots.values()):
            self._guarded(moment, care, care.tend, moment, evidence)
            if not care.record.count and not care.record.instances:
                self._forget(care.name)
        if moment - self._tidied >= self.ground.tuning.housekeeping:
            self._tidied = moment
            self._guarded(moment, self, self._tidy)
        self.ground.flush()
        if not self.slots and not self.ground.book.router:
            self._empty.set()

    def _guarded(self, moment: float, whose: object, step: Callable[..., None], *arguments: object) -> None:
        """One slot's trouble is never another's, nor the router's: it alone waits a while, or it would fill the log."""
        if moment < self._resting.get(whose, 0.0):
            return
        self._resting.pop(whose, None)
        try:
            step(*arguments)
        except Exception:  # the last resort of a process that has to go on
            self.ground.tell(Event("trouble", now(), sentence=traceback.format_exc()))
            self._resting[whose] = moment + self.ground.tuning.housekeeping

    def _due(self, moment: float) -> float:
        due: dict[object, float] = {care: care.due(moment) for care in self.slots.values()}
        due |= {self: self._tidied + self.ground.tuning.housekeeping, self.router: self.router.due()}
        return min(max(at, self._resting.get(whose, 0.0)) for whose, at in due.items())

    def _tidy(self) -> None:
        reap_strays(self.ground.children)
        telling.sweep(self.ground)
        telling.prepare(self.ground, *(s for s in self.ground.book.slots.values() if s.count))
        most = self.ground.tuning.log_most_bytes
        # *.log: our own, and what controller and command line have to say. They come and go, and nobody else minds it.
        for path in (
            *self.ground.state.glob("logs/*.log"),
            self.router.log,
            *self.ground.state.glob("*.log"),
        ):
            logs.bound(path, most)

    def _slot(self, name: str) -> SlotCare:
        return self.slots.setdefault(name, SlotCare(self.ground, name))

    def _forget(self, name: str) -> None:
        self._resting.pop(self.slots.pop(name), None)
        self.ground.secrets.pop(name, None)
        self.ground.note(slots={k: v for k, v in self.ground.book.slots.items() if k != name})
        telling.sweep(self.ground)

    def observe(self) -> Observed:
        evidence, book = Evidence(), self.ground.book
        me = KeeperSeen(os.getpid(), self.ground.since, boot_id(), PROTOCOL, self.ground.trouble)
        slots = {name: care.seen(evidence) for name, care in self.slots.items()}
        return Observed(me, book.generations, self.router.seen(), slots, book.stops)

    def start(self, request: Start) -> None:
        """Durably want these instances."""
        wanted.check(request)
        self._fence(realm_of(request.slot), request.generation)
        before = self.ground.book.slots.get(request.slot)
        kept = self.ground.secrets.get(request.slot, {})
        news = bool(request.secrets.items() - kept.items())
        slot = wanted.declare(before, request, now(), new_secrets=news)
        if before is None or before.count == 0 or before.spec != slot.spec:
            telling.forget_roles(self.ground, slot)
        self._want(slot, request.generation)
        self.ground.secrets[request.slot] = kept | request.secrets

    def hand(self, request: Hand) -> None:
        """Remember these values until the keeper ends; the oldest of the realm go when there are too many."""
        wanted.check_realm(request.realm)
        realm, handed = request.realm, self.ground.handed
        known = handed.get(realm, {})
        if not request.secrets.items() - known.items():
            return
        _admit(realm, handed)
        fresh = {k: v for k, v in known.items() if k not in request.secrets} | request.secrets
        handed[realm] = dict(list(fresh.items())[-HANDED_MOST:])
        slots = self.ground.book.slots
        tried = {name: wanted.retry(slot, now()) for name, slot in slots.items() if realm_of(name) == realm}
        self.ground.note(slots=slots | tried)

    def stop(self, request: StopRequest) -> None:
        """Durably want these instances gone."""
        wanted.check_name(request.slot)
        realm = realm_of(request.slot)
        self._fence(realm, request.generation)
        if before := self.ground.book.slots.get(request.slot):
            self._want(wanted.empty(before, request, now()), request.generation)
        else:
            self.ground.intend(generations=self.ground.heard(realm, request.generation))

    def tell_role(self, request: RoleRequest) -> None:
        """Have the instances of the slot read this role."""
        wanted.check_name(request.slot)
        wanted.check_role(request.role)
        realm = realm_of(request.slot)
        self._fence(realm, request.generation)
        self.ground.note(generations=self.ground.heard(realm, request.generation))
        telling.tell_role(self.ground, request)

    def _want(self, slot: Slot, generation: int) -> None:
        heard = self.ground.heard(realm_of(slot.name), generation)
        self.ground.intend(generations=heard, slots=self.ground.book.slots | {slot.name: slot})
        self._slot(slot.name)

    async def route(self, request: RouterRequest) -> None:
        wanted.check_router(request)
        self._fence(ROUTER, request.generation)
        if successor := self.router.declare(request):
            await self.router.succession(successor, request.within)

    async def reload(self, request: Reload) -> None:
        self._fence(ROUTER, request.generation)
        await self.router.succession(self.router.reload(request.generation), request.within)

    async def shutdown(self, request: Shutdown) -> None:
        """End the keeper; with `everything` after all it runs has ended."""
        if request.everything:
            heard = self.ground.book.generations
            if request.generation is not None:
                for realm in heard:
                    self._fence(realm, request.generation)
            for name in list(self.slots):
                self.stop(StopRequest(name, "shutdown", heard.get(realm_of(name), 0)))
            self.router.stop()
            self.ground.woken.set()
            self._empty.clear()
            await self._empty.wait()
        self.end()

    def end(self) -> None:
        """Leave the loop after this pass; what runs goes on running."""
        self._over = True
        self.ground.woken.set()

    def _fence(self, realm: str, generation: int) -> None:
        _admit(realm, self.ground.book.generations)
        newest = self.ground.book.generations.get(realm, 0)
        if generation < newest:
            of = f" of {realm}" if realm else ""
            raise KeeperError(
                "conflict",
                f"generation {generation} is older than {newest}, which was seen{of} already:"
                " another controller acts here; observe again",
            )


def _admit(realm: str, known: Mapping[str, object]) -> None:
    if realm not in known and len(known) >= REALMS_MOST:
        raise KeeperError(
            "refused", f"{REALMS_MOST} apps are known here already; use another --state for {realm}"
        )
