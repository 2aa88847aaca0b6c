"""The loop of one app: observe, decide, save, act. Saved before acted on, so that a crash anywhere repeats only
idempotent work. The one exception is the way back: when nothing can be written down, traffic is taken back first
and that is said aloud. This module decides nothing; `core.lifecycle` does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from verdigris.core.conditions import foreign
from verdigris.core.deployment import Answered, Deployment, Note
from verdigris.core.drills import homeward, orphaned, schedule_runs
from verdigris.core.errors import Conflict, StoreUnavailable, VerdigrisError
from verdigris.core.evidence import broken_off
from verdigris.core.intake import Direct, Wish, admit, adopt
from verdigris.core.lifecycle import ENDINGS, Decision, decide
from verdigris.core.safety import Action, Kind
from verdigris.core.world import Command, Known, Pause, Unknown, Verb, World
from verdigris.engine.look import answer, blind_router, look
from verdigris.engine.parts import Parts, Together, within
from verdigris.ports import Alert, Filed, Saved, Snapshot

__all__ = ["Engine", "Tick"]

log = logging.getLogger("verdigris")

BACKWARD = (Verb.ROLLBACK, Verb.ABORT)
ACT_WITHIN = 10.0
"""Seconds that one effect may take; after that its outcome is unknown and the next look decides."""
TELL_WITHIN = 1.0
SAVE_EVERY = 5.0
"""Evidence alone is written down this often; a crash loses at most so much of it, which only lengthens a wait."""
SAVE_AT_REST = 3600.0
"""The same for an ended deployment, in which only the time since the last drill goes on."""
SIGNALS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Tick:
    """What one round came to: `moving` asks for the next round at once, `busy` for one soon."""

    decision: Decision | None
    world: World | None
    moving: bool = False

    @property
    def busy(self) -> bool:
        d = self.decision.deployment if self.decision else None
        if d is not None and d.drill is not None:
            return True
        return d is not None and d.phase not in (*ENDINGS, "bake", "stabilize", "gate")


class Engine:
    """One app's loop. Only one may run at a time for a store; the store's compare-and-swap sees to that."""

    def __init__(
        self,
        app: str,
        parts: Parts,
        *,
        admitting: bool = True,
        together: Together = asyncio.gather,
        deadline: Callable[[Coroutine[Any, Any, Any], float, str], Coroutine[Any, Any, Any]] = within,
    ) -> None:
        self.app = app
        self.parts = parts
        self.admitting = admitting
        self.together = together
        self.deadline = deadline
        self.saved: Saved | None = None
        self.stored: int | None = None
        self.saved_at = float("-inf")
        self.broken_off = False
        self.loaded = False
        self.trouble = ""
        self.outcomes: list[Note] = []
        self.told: tuple[Note, ...] = ()
        self.last_failure: Note | None = None

    async def tick(self) -> Tick:
        """One round. Never raises for what the world does; a bug stops this app and leaves traffic alone."""
        try:
            await self.load()
            commands = await self.commands()
            if self.admitting and not self.wanted_back(commands):
                pointless, commands = ((), commands) if self.saved is not None else (commands, ())
                await self.admit(pointless)
        except StoreUnavailable as error:
            self.complain(f"the store cannot be used: {error}")
            commands = ()
        except Conflict as error:
            self.overtaken(error)
            return Tick(None, None)
        if self.saved is None:
            return Tick(None, None)
        return await self.round(self.saved, commands)

    async def round(self, saved: Saved, commands: tuple[Command, ...]) -> Tick:
        d, p = saved.deployment, saved.policy
        world = await look(self.parts, d, p, commands, self.together, self.deadline)
        direct, adopted = self.adopted(d, world)
        decision = decide(adopted or d, world, p)
        saved = applied(saved, decision, commands)
        fresh = await self.write(saved, decision, direct is not None)
        if direct is not None and fresh is not None and fresh.generation == self.stored:
            self.parts.directs.clear()  # taken over, or of no concern: only who could write it down may say so
        if fresh is not None:
            await self.act(fresh, self.allowed(fresh, decision.actions))
        await self.tell(decision.deployment)
        self.pin(decision, world)
        before, after = (d.phase, d.step), (decision.deployment.phase, decision.deployment.step)
        # What the router does slowly, and by itself, is not looked at every few milliseconds.
        begun = [action for action in decision.actions if action.kind is not Kind.CLOSE_STREAMS]
        return Tick(decision, world, moving=before != after or bool(begun))

    # --- what is remembered -------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the store once; after that this loop knows best, until somebody else wrote.

        An ended deployment is read each time: it may have been followed by one that was begun elsewhere.
        """
        if self.loaded and (self.saved is None or self.saved.deployment.phase not in ENDINGS):
            return
        found = await self.parts.store.load(self.app)
        # What only this loop knows, how long something has lasted, is kept while nobody else wrote.
        if not (self.loaded and found and self.saved and self.same(found, self.saved)):
            self.saved, self.stored = self.taken_over(found), found.deployment.generation if found else None
        self.told = self.told if self.loaded else again(found)
        self.loaded = True

    def taken_over(self, found: Saved | None) -> Saved | None:
        """What somebody else wrote, as this loop goes on with it: a drill is only brought home."""
        if found is None:
            return None
        ours = orphaned(found.deployment, self.parts.clock.now())
        self.broken_off |= ours.differs(found.deployment)
        return replace(found, deployment=ours)

    def same(self, found: Saved, saved: Saved) -> bool:
        return (found.deployment.id, found.deployment.generation) == (saved.deployment.id, self.stored)

    async def commands(self) -> tuple[Command, ...]:
        return await self.parts.store.commands(self.app)

    async def write(self, saved: Saved, decision: Decision, due: bool) -> Deployment | None:
        """Save the decision with the next generation: the deployment to act on, None when nothing may be done."""
        if not decision.understood or not (due or self.worth_saving(saved, decision)):
            self.saved = replace(saved, deployment=decision.deployment)
            return None
        fresh = replace(
            decision.deployment,
            generation=max(saved.deployment.generation, decision.deployment.generation) + 1,
        )
        notes = (*self.outcomes, *decision.notes, *intents(decision.actions))
        try:
            await self.store(replace(saved, deployment=fresh), notes, decision)
        except Conflict as error:
            self.overtaken(error)
            return None
        except StoreUnavailable as error:
            return self.unwritten(saved, fresh, decision, error)
        self.trouble = ""
        self.outcomes.clear()
        self.told += (*decision.notes, *intents(decision.actions))
        return fresh

    async def store(self, saved: Saved, notes: tuple[Note, ...], decision: Decision) -> None:
        await self.parts.store.save(saved, self.stored, notes, decision.answers, self.parts.clock.wall())
        self.saved, self.stored = saved, saved.deployment.generation
        self.saved_at = self.parts.clock.now()
        self.broken_off = False

    def unwritten(
        self, saved: Saved, fresh: Deployment, decision: Decision, error: StoreUnavailable
    ) -> Deployment | None:
        """Nothing can be written down: only the way back goes on, from memory, and says so.

        What was seen stays seen: a count that this look broke off must not go on as if nothing had been.
        """
        if fresh.phase != "restore" and not homeward(fresh):
            self.complain(f"nothing is done, for nothing can be written down: {error}")
            self.remember(decision.counted)
            return None
        cause = fresh.drill.why if fresh.drill else fresh.cause
        self.complain(f"taking traffic back without having written it down: {error}. Cause: {cause}")
        self.told += decision.notes
        self.outcomes += decision.notes
        fresh = as_paused(fresh, saved.deployment.pause)
        self.saved = replace(saved, deployment=fresh)
        return fresh

    def remember(self, counted: Deployment) -> None:
        if self.saved is not None and self.saved.deployment.phase == counted.phase:
            self.saved = replace(self.saved, deployment=counted)

    def overtaken(self, error: Conflict) -> None:
        """Somebody else wrote: what this loop remembers is void, the next round reads again."""
        self.complain(f"somebody else wrote: {error}")
        self.loaded = False

    def worth_saving(self, saved: Saved, decision: Decision) -> bool:
        """Whether anything but the passing of evidence changed, or enough of it has passed, or some is void."""
        if decision.actions or decision.answers or decision.notes or self.outcomes:
            return True
        self.broken_off |= broken_off(saved.deployment, decision.deployment)
        behind = self.broken_off or self.stored != saved.deployment.generation
        changed = decision.deployment.differs(saved.deployment)
        unfinished = decision.deployment.phase not in ENDINGS or decision.waiting_for != ""
        often = SAVE_EVERY if unfinished else SAVE_AT_REST if schedule_runs(decision.deployment) else None
        return behind or changed or (often is not None and self.parts.clock.now() - self.saved_at >= often)

    # --- what is begun ------------------------------------------------------------------------------------

    def wanted_back(self, commands: tuple[Command, ...]) -> bool:
        """Whoever wants back must not find another deployment begun in the same breath."""
        return self.saved is not None and any(command.verb in BACKWARD for command in commands)

    async def admit(self, pointless: tuple[Command, ...]) -> None:
        """Answer the deployments that were asked for, one after another.

        `pointless` are commands from before there was any deployment: the first one must not obey them.
        """
        for filed in await self.parts.store.filed(self.app):
            await self.admit_one(filed, pointless if self.saved is None else ())

    async def admit_one(self, filed: Filed, pointless: tuple[Command, ...] = ()) -> None:
        seen = await answer(self.parts.router.observe, self.deadline, "the router", blind_router)
        current = self.saved.deployment if self.saved else None
        if current is not None and current.key == filed.key:
            # Admitted before a crash that came between the deployment and the answer.
            await self.parts.store.settle(filed, True, f"{current.id} is under way", current.id)
            return
        wish = Wish(self.app, filed.release, filed.actor, filed.key, filed.policy_hash, filed.queue)
        number = int(current.id.removeprefix("d-")) + 1 if current else 1
        admission = admit(wish, number, current, self.saved.policy if self.saved else None, seen.reading)
        if admission.superseded is not None:
            await self.supersede(admission.superseded)
        if admission.deployment is not None:
            await self.begin(Saved(admission.deployment, filed.policy), filed, pointless)
        elif not admission.later:
            await self.up_to_date()
            await self.parts.store.settle(filed, False, admission.refusal)

    async def up_to_date(self) -> None:
        """Who was frozen for a while must not refuse what another has begun since: `Conflict`."""
        found = await self.parts.store.load(self.app)
        if found and not (self.saved and self.same(found, self.saved)):
            raise Conflict(f"{found.deployment.id} has generation {found.deployment.generation} by now")

    async def supersede(self, ended: Deployment) -> None:
        assert self.saved is not None
        ended = replace(ended, generation=self.saved.deployment.generation + 1)
        by = f"superseded by {ended.superseded_by}"
        notes: tuple[Note, ...] = (Note("phase", f"succeeded: {by}, its way back is given up"),)
        if self.saved.deployment.drill is not None:
            notes = (Note("drill", f"broken off: {by}"), *notes)
        wall = self.parts.clock.wall()
        await self.parts.store.save(replace(self.saved, deployment=ended), self.stored, notes, (), wall)
        self.saved, self.stored = replace(self.saved, deployment=ended), ended.generation

    async def begin(self, saved: Saved, filed: Filed, pointless: tuple[Command, ...]) -> None:
        d = saved.deployment
        if self.saved is not None:
            d = replace(d, generation=self.saved.deployment.generation + 1)
        saved = replace(saved, deployment=d)
        note = Note("phase", f"preflight: {d.actor} deploys {d.release.version} to {d.candidate}")
        refusals = tuple(Answered(c.id, False, "there was no deployment yet") for c in pointless)
        await self.parts.store.save(saved, None, (note,), refusals, self.parts.clock.wall())
        self.saved, self.stored = saved, d.generation
        await self.parts.store.settle(
            filed, True, f"{d.id} deploys {d.release.version} to {d.candidate}", d.id
        )

    def adopted(self, d: Deployment, world: World) -> tuple[Direct | None, Deployment | None]:
        """The record of what was done while nobody was here, and what it makes of the deployment."""
        direct, seen = self.parts.directs.read(), world.router.reading
        if direct is None or isinstance(seen, Unknown):
            return None, None
        return direct, adopt(d, direct, seen.value)

    # --- what is done -------------------------------------------------------------------------------------

    def allowed(self, d: Deployment, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """Everything that was written down; of what was not, only what moves traffic back."""
        if self.stored == d.generation:
            return actions
        return tuple(
            replace(a, routing=replace(a.routing, pause=d.pause))
            for a in actions
            if a.routing is not None and a.routing.weights[d.candidate if homeward(d) else d.live] == 100
        )

    async def act(self, d: Deployment, actions: tuple[Action, ...]) -> None:
        for action in actions:
            try:
                await self.deadline(self.perform(action, d), ACT_WITHIN, f"{action.kind}")
            except VerdigrisError as error:
                self.failed(action, error)

    def failed(self, action: Action, error: VerdigrisError) -> None:
        """Whether it happened all the same is not decided here: the next look says what is so."""
        note = Note("failed", f"{action.kind}: {error}")
        if note != self.last_failure:
            log.warning(note.sentence)
            self.outcomes.append(note)
        self.last_failure = note

    async def perform(self, action: Action, d: Deployment) -> None:
        parts, generation = self.parts, d.generation
        match action:
            case Action(kind=Kind.ROUTE, routing=routing) if routing is not None:
                await parts.router.apply(routing, d.routed.generation if d.routed else generation)
            case Action(kind=Kind.PROVISION, slot=slot, release=release) if slot and release:
                policy = self.saved.policy if self.saved else None
                assert policy is not None
                await parts.environment.provision(slot, release, action.count, policy.surge, generation)
            case Action(kind=Kind.CLOSE_STREAMS, slot=slot) if slot:
                await parts.router.close_streams(slot, generation)
            case Action(kind=Kind.TEAR_DOWN, slot=slot) if slot:
                await parts.environment.tear_down(slot, generation)
            case Action(kind=Kind.REHEARSE, slot=slot) if slot and parts.rehearser:
                await parts.rehearser.rehearse(slot, generation)
            case Action(kind=Kind.EXPAND) if parts.schema:
                await parts.schema.expand(generation)
            case Action(kind=Kind.CONTRACT) if parts.schema:
                await parts.schema.contract(generation)
            case _:
                raise AssertionError(f"no part of {self.app} can {action.kind}: the wiring lacks one")

    # --- what is told -------------------------------------------------------------------------------------

    async def tell(self, d: Deployment) -> None:
        """What was written down is told after it was acted on: nobody who listens can hold up the way back."""
        notes, self.told = self.told, ()
        for note in notes:
            log.info(note.sentence, extra={"deployment": d.id, "phase": d.phase, "kind": note.kind})
            if note.kind == "alert" and self.parts.notifier is not None:
                await self.alert(Alert(self.app, d.id, note.kind, note.sentence, self.parts.clock.wall()))

    async def alert(self, alert: Alert) -> None:
        assert self.parts.notifier is not None
        try:
            await self.deadline(self.parts.notifier.notify(alert), TELL_WITHIN, "the notifier")
        except Exception as error:
            # Whoever wrote the notifier: an alert that cannot be told must not end the round.
            self.outcomes.append(Note("failed", f"nobody was told: {error}. It was: {alert.sentence}"))

    def pin(self, decision: Decision, world: World) -> None:
        if self.parts.board is None or self.saved is None:
            return
        snapshot = Snapshot(
            self.parts.clock.wall(),
            self.saved.deployment,
            self.saved.policy,
            brief(world),
            decision.waiting_for,
            decision.verdict,
            self.trouble or foreign(decision.deployment, world),
        )
        try:
            self.parts.board.pin(snapshot)
        except VerdigrisError as error:
            self.complain(str(error))

    def complain(self, sentence: str) -> None:
        """Say aloud what the event log cannot be told."""
        if sentence != self.trouble:
            log.error(sentence)
        self.trouble = sentence


def applied(saved: Saved, decision: Decision, commands: tuple[Command, ...]) -> Saved:
    """The deployment with the policy that was accepted for it."""
    accepted = {answer.command for answer in decision.answers if answer.accepted}
    policies = [c.policy for c in commands if c.id in accepted and c.policy is not None]
    return replace(saved, policy=policies[-1]) if policies else saved


def as_paused(d: Deployment, pause: Pause) -> Deployment:
    """The same with the pause that is written down: a pause is not the way back, and waits until it can be."""
    routed = d.routed
    if routed is not None and routed.generation == d.generation:
        routed = replace(routed, routing=replace(routed.routing, pause=pause))
    return replace(d, pause=pause, routed=routed)


def again(saved: Saved | None) -> tuple[Note, ...]:
    """The alert that a controller may have died with, after it was written down and before it was told."""
    if saved is None or saved.deployment.phase not in ("restore", "stuck"):
        return ()
    d = saved.deployment
    return (Note("alert", f"{d.id} ({d.release.version}) is in {d.phase}: {d.cause}"),)


def intents(actions: tuple[Action, ...]) -> tuple[Note, ...]:
    return tuple(Note("action", f"{action.kind}: {action.why}") for action in actions)


def brief(world: World) -> World:
    """The world with only the newest request counts: enough to show."""
    seen = world.signals
    if isinstance(seen, Unknown):
        return world
    return replace(world, signals=Known(seen.value[-SIGNALS_SHOWN:], seen.seen_at))
