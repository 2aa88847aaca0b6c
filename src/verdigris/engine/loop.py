"""The loop of one app: observe, decide, save, act. Saved before acted on, so that a crash anywhere repeats only
idempotent work. This module decides nothing; `core.lifecycle` does.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from verdigris.core.deployment import Note
from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.core.intake import Direct
from verdigris.core.lifecycle import ENDINGS, Decision, decide
from verdigris.core.replays import Replay, replay, told
from verdigris.core.safety import Kind
from verdigris.core.world import Command, Verb, World
from verdigris.engine.effects import Effects
from verdigris.engine.herald import Herald
from verdigris.engine.intake import Intake
from verdigris.engine.ledger import Ledger
from verdigris.engine.look import look
from verdigris.engine.parts import Deadline, Parts, Together, within
from verdigris.ports import Saved

__all__ = ["Engine", "Tick"]

UNHURRIED = (Kind.CLOSE_STREAMS, Kind.TELL, Kind.DRAIN, Kind.RESUME)
BACKWARD = (Verb.ROLLBACK, Verb.ABORT)


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
        deadline: Deadline[Any] = within,
    ) -> None:
        self.app = app
        self.parts = parts
        self.admitting = admitting
        self.together = together
        self.deadline = deadline
        self.ledger = Ledger(app, parts.store, parts.clock)
        self.intake = Intake(parts, self.ledger, deadline)
        self.effects = Effects(parts, self.ledger, deadline)
        self.herald = Herald(parts, self.ledger, deadline)
        self.replayed: Replay | None = None

    async def tick(self) -> Tick:
        """One round. Never raises for what the world does; a bug stops this app and leaves traffic alone."""
        try:
            commands = await self.take_in()
        except StoreUnavailable as error:
            self.ledger.complain(f"the store cannot be used: {error}")
            commands = ()
        except Conflict as error:
            self.ledger.overtaken(error)
            self.go_on_replaying(None)
            return Tick(None, None)
        if self.ledger.saved is None:
            return Tick(None, None)
        return await self.round(self.ledger.saved, commands)

    async def take_in(self) -> tuple[Command, ...]:
        """What was written, asked for and filed since the last round: the commands that this one has to answer."""
        await self.ledger.load()
        commands = await self.ledger.commands()
        if self.admitting and not self.wanted_back(commands):
            pointless, commands = ((), commands) if self.ledger.saved is not None else (commands, ())
            await self.intake.admit(pointless)
        return commands

    def wanted_back(self, commands: tuple[Command, ...]) -> bool:
        """Whoever wants back must not find another deployment begun in the same breath."""
        return self.ledger.saved is not None and any(command.verb in BACKWARD for command in commands)

    async def round(self, saved: Saved, commands: tuple[Command, ...]) -> Tick:
        d, p = saved.deployment, saved.policy
        world = await look(self.parts, d, p, commands, self.together, self.deadline)
        direct, adopted = self.intake.adopted(d, world)
        decision = decide(adopted or d, world, p)
        due = applied(saved, decision, commands)
        self.replays(replay(decision.deployment, world, due.policy) if decision.understood else None)
        await self.carry_out(due, decision, direct)
        await self.herald.tell(decision.deployment)
        self.herald.pin(decision, world)
        before, after = (d.phase, d.step), (decision.deployment.phase, decision.deployment.step)
        # What is done slowly, and by itself, is not looked at every few milliseconds; nor what nothing waits for.
        begun = [action for action in decision.actions if action.kind not in UNHURRIED]
        return Tick(decision, world, moving=before != after or bool(begun))

    def replays(self, due: Replay | None) -> None:
        """The same with a line in the event log: before anything is done, so that it is over when traffic moves."""
        if self.parts.replayer is not None and (sentence := told(self.replayed, due)):
            self.ledger.outcomes.append(Note("replay", sentence))
        self.go_on_replaying(due)

    def go_on_replaying(self, due: Replay | None) -> None:
        self.replayed = due
        if self.parts.replayer is not None:
            self.parts.replayer.follow(due)

    async def carry_out(self, saved: Saved, decision: Decision, direct: Direct | None) -> None:
        """Save, then act."""
        fresh = await self.ledger.write(saved, decision, direct is not None)
        if direct is not None and fresh is not None and fresh.generation == self.ledger.stored:
            self.parts.directs.clear()  # taken over, or of no concern: only who could write it down may say so
        if fresh is not None:
            await self.effects.act(fresh, self.ledger.allowed(fresh, decision.actions))


def applied(saved: Saved, decision: Decision, commands: tuple[Command, ...]) -> Saved:
    """The deployment with the policy that was accepted for it."""
    if not commands:
        return saved
    accepted = {answer.command for answer in decision.answers if answer.accepted}
    policies = [c.policy for c in commands if c.id in accepted and c.policy is not None]
    return replace(saved, policy=policies[-1]) if policies else saved
