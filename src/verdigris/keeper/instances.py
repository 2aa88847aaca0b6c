"""Looks after the instances of one slot: each pass compares what is with what shall be and takes one step.

A step follows from the record and from what is seen of the process; nothing is remembered of a plan, so a keeper
that was killed goes on where the record stands. An instance is never started from a changed release directory.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import replace

from verdigris.keeper import telling, wanted
from verdigris.keeper.children import Child, Identity, kill_leftovers, variables
from verdigris.keeper.endings import backed_off, ending, given_up, how_stopped
from verdigris.keeper.environment import relearned
from verdigris.keeper.ground import Ground, now
from verdigris.keeper.journal import Instance, Slot
from verdigris.keeper.launch import launch, log_of, prepared, runnable, why_not
from verdigris.keeper.looks import instance_seen
from verdigris.keeper.observed import Event, SlotSeen, State, Stop
from verdigris.keeper.ports import Evidence, Port, take
from verdigris.keeper.protocol import KeeperError

__all__ = ["SlotCare"]

STOPS_MOST = 20
LOOK_LEAST, LOOK_MOST = 0.01, 0.25
"""How often a starting instance's port is looked at: soon at first, then at a quarter of its age."""

COMPANY_LOOK = 0.05
"""How often the rest of a session is looked at when its leader has ended."""


class SlotCare:
    """The processes, ports and pending checks of one slot, by the mark of their instance."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.ground = ground
        self.name = name
        self._children: dict[str, Child] = {}
        self._ports: dict[str, Port] = {}
        self._checks: dict[str, asyncio.Task[str]] = {}
        self._asked: set[str] = set()

    @property
    def record(self) -> Slot:
        return self.ground.book.slots[self.name]

    def tend(self, moment: float, evidence: Evidence) -> None:
        """One step for every instance that needs one."""
        for instance in self.record.instances:
            match instance.state:
                case State.STARTING:
                    self._start(instance, moment, evidence)
                case State.RUNNING if moment - instance.since >= self.ground.tuning.settled_after:
                    self._settle(instance)
                case State.BACKOFF if moment >= instance.until:
                    self._put(replace(instance, state=State.STARTING, since=moment))
                case State.STOPPING:
                    self._stop(instance, moment)
        self._put_slot(wanted.fill(self.record, moment))
        self._forget_gone()

    def due(self, moment: float) -> float:
        """When the next pass is needed at the latest."""
        return min((self._due(i, moment) for i in self.record.instances), default=math.inf)

    def _due(self, instance: Instance, moment: float) -> float:
        if instance.state is State.STARTING and instance.mark in self._children:
            return moment + min(max((moment - instance.since) / 4, LOOK_LEAST), LOOK_MOST)
        if instance.state is State.STOPPING:
            child = self._children.get(instance.mark)
            waits_for_leader = child is not None and not child.ended and moment < instance.until
            return instance.until if waits_for_leader else moment + COMPANY_LOOK
        if instance.state is State.RUNNING and not (self.record.proven and instance.streak == 0):
            return instance.since + self.ground.tuning.settled_after
        return instance.until if instance.state is State.BACKOFF else math.inf

    def _start(self, instance: Instance, moment: float, evidence: Evidence) -> None:
        child = self._children.get(instance.mark)
        within = self.ground.tuning.starting_within
        if child is None:
            self._launch_when_possible(instance, moment)
        elif evidence.owns_port(instance.port, child.identity.pid):
            self._run(instance, moment, "")
        elif moment - instance.since > within:
            self._run(instance, moment, f"it does not listen on its port {instance.port} after {within:g} s")

    def _run(self, instance: Instance, moment: float, sentence: str) -> None:
        running = replace(instance, state=State.RUNNING, since=moment, sentence=sentence or instance.sentence)
        self._put(running)
        self._tell("running", running)

    def _launch_when_possible(self, instance: Instance, moment: float) -> None:
        check = self._checks.get(instance.mark)
        if check is None and self._starting() < self.record.surge and not self._checking():
            self._checks[instance.mark] = self.ground.verify(self.record.spec)
        if check is None or not check.done():
            return
        del self._checks[instance.mark]
        if complaint := check.result():
            self._break(instance, complaint)
            return
        try:
            self._launch(instance, moment)
        except KeeperError as error:
            self._break(instance, error.sentence)
        except OSError as error:
            if runnable(error):
                self._restart_later(instance, None, f"could not be started: {error.strerror}", moment)
            else:
                self._break(instance, why_not(self.record, error))

    def _checking(self) -> bool:
        """One directory is read at a time for a slot: a large one leaves room for those of others."""
        return any(not check.done() for check in self._checks.values())

    def _starting(self) -> int:
        busy = self._checks.keys() | self._children.keys()
        return sum(i.state is State.STARTING and i.mark in busy for i in self.record.instances)

    def _launch(self, instance: Instance, moment: float) -> None:
        self._free_port(instance.mark)
        port = self._ports[instance.mark] = take(instance.port, int(instance.mark, 16))
        instance = prepared(self.ground, instance, port.number, moment)
        self._put(instance)
        first = not instance.restarts  # a restart does not wait for room: it has served
        if not self.ground.flush() and first:
            wait = self.ground.tuning.housekeeping
            sentence = f"not started yet: {self.ground.trouble}"
            self._put(replace(instance, state=State.BACKOFF, until=moment + wait, sentence=sentence))
            return
        child = launch(self.ground, self.record, instance)
        self._hold(instance, child)
        self.ground.flush()
        self._tell("start", instance, pid=child.identity.pid)

    def _hold(self, instance: Instance, child: Child) -> None:
        self._children[instance.mark] = child
        self._put(replace(instance, process=child.identity))
        self.ground.watch(child, lambda _: self._ended(instance.mark))

    def _settle(self, instance: Instance) -> None:
        self._put(replace(instance, streak=0))
        self._put_slot(replace(self.record, proven=True, restarts=0))

    def _ended(self, mark: str) -> None:
        child, moment = self._children[mark], now()
        code = child.collect()
        instance = next(i for i in self.record.instances if i.mark == mark)
        if instance.state is State.STOPPING:
            self._put(replace(instance, exit_code=code))
            return
        child.kill()  # what the dead leader left behind would keep the port
        del self._children[mark]
        how = f"{ending(code)} after {moment - instance.since:.1f} s"
        self._tell("exit", replace(instance, exit_code=code, sentence=how))
        self._restart_later(instance, code, how, moment)

    def _restart_later(self, instance: Instance, code: int | None, how: str, moment: float) -> None:
        slot, tuning = self.record, self.ground.tuning
        if complaint := given_up(slot, how, tuning):
            self._break(replace(instance, exit_code=code), complaint)
            return
        self._put_slot(replace(slot, restarts=slot.restarts + 1))
        self._put(backed_off(instance, code, how, moment, tuning))

    def _break(self, instance: Instance, sentence: str) -> None:
        broken = replace(instance, state=State.BROKEN, process=None, since=now(), sentence=sentence)
        self._put(broken)
        self._free_port(instance.mark)
        self._tell("broken", broken)

    def _stop(self, instance: Instance, moment: float) -> None:
        child = self._children.get(instance.mark)
        if child is None or (child.ended and not child.session()):
            self._stopped(instance, child, moment)
        elif instance.mark not in self._asked:
            self._asked.add(instance.mark)
            child.terminate()
        elif moment >= instance.until:
            child.kill()

    def _stopped(self, instance: Instance, child: Child | None, moment: float) -> None:
        how = how_stopped(instance.exit_code, moment - instance.since) if child else "was not running"
        pid = child.identity.pid if child else None
        stop = Stop(self.name, instance.name, pid, instance.exit_code, how, moment)
        self.ground.note(stops=(*self.ground.book.stops, stop)[-STOPS_MOST:])
        gone = replace(instance, state=State.EXITED, process=None, since=moment, sentence=how)
        others = tuple(gone if i.mark == gone.mark else i for i in self.record.instances)
        kept = others if gone.listed else tuple(i for i in others if i.mark != gone.mark)
        self._put_slot(replace(self.record, instances=kept))
        self._release(instance.mark)
        self._tell("stopped", gone, pid=pid)

    def come_back(self, marked: Mapping[str, Identity], moment: float) -> None:
        """Find the processes of the record again; what is gone counts as an exit whose code is unknown."""
        for instance in self.record.instances:
            identity = instance.process or marked.get(instance.mark)
            child = Child.adopt(identity) if identity else None
            if identity and not child:
                kill_leftovers(identity)
            if child:
                self._adopted(instance, child, moment)
            elif instance.process and instance.state is not State.STOPPING:
                self._restart_later(instance, None, "ended while the keeper was away", moment)
            else:
                self._put(replace(instance, process=None))

    def _adopted(self, instance: Instance, child: Child, moment: float) -> None:
        values = relearned(self.record.spec, variables(child.identity.pid))
        self.ground.secrets[self.name] = values | self.ground.secrets.get(self.name, {})
        if port := Port.claim(instance.port):
            self._ports[instance.mark] = port
        if instance.state in (State.BACKOFF, State.BROKEN, State.EXITED):  # started, and not yet written down
            instance = replace(instance, state=State.STARTING, since=moment)
        self._hold(instance, child)

    def _put(self, instance: Instance) -> None:
        found = tuple(instance if i.mark == instance.mark else i for i in self.record.instances)
        self._put_slot(replace(self.record, instances=found))

    def _put_slot(self, slot: Slot) -> None:
        self.ground.note(slots=self.ground.book.slots | {self.name: slot})

    def _forget_gone(self) -> None:
        marks = {i.mark for i in self.record.instances}
        for mark in (self._ports.keys() | self._checks.keys()) - marks:
            self._release(mark)

    def _release(self, mark: str) -> None:
        self._children.pop(mark, None)
        self._checks.pop(mark, None)
        self._asked.discard(mark)
        self._free_port(mark)

    def _free_port(self, mark: str) -> None:
        if port := self._ports.pop(mark, None):
            port.free()

    def _tell(self, event: str, i: Instance, pid: int | None = None) -> None:
        pid = pid or (i.process.pid if i.process else None)
        self.ground.tell(Event(event, now(), self.name, i.name, pid, i.exit_code, i.sentence))

    def seen(self, evidence: Evidence) -> SlotSeen:
        """What is told about the slot."""
        slot, ground = self.record, self.ground
        found = tuple(
            instance_seen(i, self._children.get(i.mark), evidence, log_of(ground, i.name))
            for i in slot.instances
        )
        role = telling.role_of(ground, slot)
        return SlotSeen(slot.key, slot.spec.version, slot.spec.digest, slot.count, found, role)
