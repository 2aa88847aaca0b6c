"""Looks after the router: one process that accepts, and earlier ones that finish what they have.

The listening sockets are the keeper's, so a connection that arrives while no router runs waits in the backlog.
A successor is started beside the router and told its pid; it ends the predecessor itself once it accepts. Until
the predecessor has let go of the sockets it is the way back from a successor that does not start.
"""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from verdigris.keeper import logs
from verdigris.keeper.children import Child, Identity
from verdigris.keeper.endings import ending
from verdigris.keeper.ground import Ground, now
from verdigris.keeper.journal import Router
from verdigris.keeper.launch import launch_router, router_log_of
from verdigris.keeper.looks import router_seen
from verdigris.keeper.names import ROUTER
from verdigris.keeper.observed import Event, RouterSeen, State
from verdigris.keeper.ports import inodes
from verdigris.keeper.protocol import KeeperError, RouterRequest
from verdigris.keeper.restarts import router_delay
from verdigris.keeper.sockets import Door
from verdigris.keeper.wanted import command_of, declare_router, mark

__all__ = ["RouterCare"]

LOOK = 0.01


class RouterCare:
    """The processes of the router, and its sockets."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.log = router_log_of(ground)
        self._door = Door()
        self._earlier: set[int] = set()
        self._child: Child | None = None
        self._leaving: list[Child] = []
        self._asked = False
        self._before: Router | None = None

    @property
    def record(self) -> Router:
        router = self.ground.book.router
        assert router is not None
        return router

    def declare(self, request: RouterRequest) -> Child | None:
        """Durably want this router. The child is the successor of a running one that differed, if there was one."""
        before = self.ground.book.router
        wanted = declare_router(before, request, now())
        self._earlier = (
            self._door.inodes
        )  # with other addresses these are what the predecessor has to let go of
        self._want(request.generation, wanted)
        if self._child is None or wanted == before:
            return None
        self._before = before
        try:
            return self._succeed(self._child)
        except KeeperError:
            self._go_back(self._child)
            raise

    def reload(self, generation: int) -> Child:
        """A started successor with the same command line, on the same sockets."""
        if self._child is None:
            raise KeeperError("refused", "no router runs, so there is nothing to reload; send `router` first")
        self.ground.intend(generations=self.ground.heard(ROUTER, generation))
        self._before = None
        return self._succeed(self._child)

    async def succession(self, successor: Child, within: float) -> None:
        """Until the predecessor accepts no more. KeeperError: `failed` when the successor ended, else `timeout`."""
        until = now() + within
        while now() < until:
            if self._child is not successor:
                raise KeeperError("failed", self.record.sentence)
            if not any(self._accepts(old) for old in self._leaving):
                return
            await asyncio.sleep(LOOK)
        raise KeeperError(
            "timeout", f"the new router has not taken over within {within:g} s; the earlier one serves on"
        )

    def stop(self) -> None:
        """The router shall end: what it has is finished within its grace."""
        if self.ground.book.router and self.record.state is not State.STOPPING:
            moment = now()
            self._put(state=State.STOPPING, since=moment, until=moment + self.record.grace)

    def tend(self, moment: float) -> None:
        """One step, if one is needed."""
        if self.ground.book.router is None:
            return
        match self.record.state:
            case State.STARTING if self._child is None:
                self._start(moment)
            case State.RUNNING if moment - self.record.since >= self.ground.tuning.settled_after:
                self._put(streak=0)
            case State.BACKOFF if moment >= self.record.until:
                self._put(state=State.STARTING, since=moment)
            case State.STOPPING:
                self._stop(moment)

    def due(self) -> float:
        """When the next pass is needed at the latest."""
        record = self.ground.book.router
        if record and record.state is State.RUNNING and record.streak:
            return record.since + self.ground.tuning.settled_after
        return record.until if record and record.state in (State.BACKOFF, State.STOPPING) else math.inf

    def come_back(self, marked: Mapping[str, Identity]) -> None:
        """Find the router's processes again, and the listening sockets in them."""
        if self.ground.book.router is None:
            return
        known = [*self.record.leaving, *filter(None, (self.record.process, marked.get(self.record.mark)))]
        found = [child for child in map(Child.adopt, dict.fromkeys(known)) if child]
        any(self._door.fetch(self.record.listen, child) for child in reversed(found))
        current = [child for child in found if child.identity not in self.record.leaving]
        self._leaving = [child for child in found if child not in current[-1:]]
        for child in found:
            self.ground.watch(child, self._ended)
        if current:
            self._child = current[-1]
            self._running(State.RUNNING if self.record.state is not State.STOPPING else State.STOPPING)
        elif self.record.process:
            self._restart_later("the router ended while the keeper was away", None, now())

    def seen(self) -> RouterSeen | None:
        """What is told about it; None when none is wanted."""
        record = self.ground.book.router
        leaving = tuple(old.identity.pid for old in self._leaving)
        if record is None:
            return None
        return router_seen(record, self._child, leaving, bool(self._door.numbers), self.log)

    def _want(self, generation: int, wanted: Router) -> None:
        before = self.ground.book.router
        self.ground.intend(generations=self.ground.heard(ROUTER, generation), router=wanted)
        if self._child and not self._door.numbers:
            return  # the running router has them, and they could not be fetched
        try:
            self._door.open(wanted.listen)
        except KeeperError:
            self.ground.note(router=before)
            self.ground.flush()
            raise

    def _succeed(self, old: Child) -> Child:
        if not self._door.numbers:
            raise KeeperError(
                "refused",
                f"the listening sockets could not be taken back from router {old.identity.pid}, which serves on;"
                " a successor is possible once it was restarted",
            )
        self.ground.intend(router=replace(self.record, mark=mark()))
        child = launch_router(self.ground, self.record, self._door, successor_of=old)
        self._leaving.append(old)
        self._hold(child)
        return child

    def _start(self, moment: float) -> None:
        self.ground.flush()  # a full disk does not keep the front door shut: the mark was durable before
        try:
            self._door.open(self.record.listen)
            self._hold(launch_router(self.ground, self.record, self._door))
        except KeeperError as error:
            self._restart_later(error.sentence, None, moment)

    def _hold(self, child: Child) -> None:
        self._child = child
        self._asked = False
        self.ground.watch(child, self._ended)
        self._running(State.RUNNING)
        self.ground.flush()
        self.ground.tell(Event("router-start", now(), name="router", pid=child.identity.pid))

    def _running(self, state: State) -> None:
        assert self._child is not None
        leaving = tuple(old.identity for old in self._leaving)
        self._put(state=state, since=now(), process=self._child.identity, leaving=leaving)

    def _ended(self, child: Child) -> None:
        code, moment = child.collect(), now()
        if child in self._leaving:
            self._leaving.remove(child)
            self._put(leaving=tuple(old.identity for old in self._leaving))
            return
        self._child = None
        sentence = f"the router {ending(code)}: {' '.join(logs.tail(self.log, 1)) or 'it wrote nothing'}"
        self.ground.tell(Event("router-exit", moment, "", "router", child.identity.pid, code, sentence))
        if self.record.state is State.STOPPING:
            return
        child.kill()
        if old := next((c for c in reversed(self._leaving) if self._accepts(c)), None):
            self._leaving.remove(old)
            self._child = old
            self._go_back(old)
            self._running(State.RUNNING)
            self._put(exit_code=code, sentence=f"{sentence}; the earlier router serves on")
        else:
            self._restart_later(sentence, code, moment)

    def _go_back(self, old: Child) -> None:
        """What was asked for did not start: a restart has to bring back what serves."""
        if self._before is None:
            return
        if self._before.listen != self.record.listen and self._door.numbers:
            self._door.fetch(self._before.listen, old)
        self.ground.note(router=command_of(self._before, self.record))

    def _restart_later(self, sentence: str, code: int | None, moment: float) -> None:
        self._put(
            state=State.BACKOFF,
            since=moment,
            until=moment + router_delay(self.record.streak, self.ground.tuning),
            process=None,
            restarts=self.record.restarts + 1,
            streak=self.record.streak + 1,
            exit_code=code,
            sentence=sentence,
        )

    def _accepts(self, child: Child) -> bool:
        """Whether it still holds one of the listening sockets; while those are unknown, whether it lives."""
        if child.dead():
            return False
        try:
            ours = self._door.inodes | self._earlier
            return not self._door.numbers or bool(ours & inodes([child.identity.pid]))
        except PermissionError:
            return True

    def _stop(self, moment: float) -> None:
        running = [child for child in (self._child, *self._leaving) if child]
        if not running:
            self._door.close()
            self.ground.note(router=None)
        elif moment >= self.record.until:
            for child in running:
                child.kill()
        elif not self._asked:
            self._asked = True
            for child in running:
                child.send(signal.SIGUSR1)

    def _put(self, **changes: Any) -> None:
        self.ground.note(router=replace(self.record, **changes))
