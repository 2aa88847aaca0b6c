"""Does what was decided, through the parts of one app. What failed is noted; the next look says what is so."""

from __future__ import annotations

import logging
from typing import Any

from verdigris.core.deployment import Deployment, Note
from verdigris.core.errors import VerdigrisError
from verdigris.core.safety import Action, Kind
from verdigris.core.world import Slot
from verdigris.engine.ledger import Ledger
from verdigris.engine.parts import Deadline, Parts
from verdigris.ports import SchemaTool

__all__ = ["Effects"]

log = logging.getLogger("verdigris")

ACT_WITHIN = 10.0
"""Seconds that one effect may take; after that its outcome is unknown and the next look decides."""


class Effects:
    """Performs actions one after another; every effect bears the generation of the deployment it is done for."""

    def __init__(self, parts: Parts, ledger: Ledger, deadline: Deadline[Any]) -> None:
        self.parts = parts
        self.ledger = ledger
        self.deadline = deadline
        self.last_failure: Note | None = None

    async def act(self, d: Deployment, actions: tuple[Action, ...]) -> None:
        for action in actions:
            try:
                await self.deadline(self.perform(action, d), ACT_WITHIN, f"{action.kind}")
            except VerdigrisError as error:
                self.failed(action, error)

    async def perform(self, action: Action, d: Deployment) -> None:
        parts, generation = self.parts, d.generation
        match action:
            case Action(kind=Kind.ROUTE, routing=routing) if routing is not None:
                await parts.router.apply(routing, d.routed.generation if d.routed else generation)
            case Action(kind=Kind.PROVISION, slot=slot, release=release) if slot and release:
                policy = self.ledger.saved.policy if self.ledger.saved else None
                assert policy is not None
                await parts.environment.provision(slot, release, action.count, policy.surge, generation)
            case Action(kind=Kind.CLOSE_STREAMS, slot=slot) if slot:
                await parts.router.close_streams(slot, generation)
            case Action(kind=Kind.TELL | Kind.DRAIN | Kind.RESUME, slot=slot) if slot:
                await self.say(action, slot, generation)
            case Action(kind=Kind.TEAR_DOWN, slot=slot) if slot:
                await parts.environment.tear_down(slot, generation)
            case Action(kind=Kind.REHEARSE, slot=slot) if slot and parts.rehearser:
                await parts.rehearser.rehearse(slot, generation)
            case Action(kind=Kind.PROVE | Kind.EXPAND | Kind.CONTRACT | Kind.DROP) if parts.schema:
                await self.change(parts.schema, action.kind, d)
            case _:
                raise AssertionError(f"no part of {d.app} can {action.kind}: the wiring lacks one")

    async def change(self, schema: SchemaTool, kind: Kind, d: Deployment) -> None:
        """What is begun about the schema."""
        verbs = {
            Kind.PROVE: schema.prove,
            Kind.EXPAND: schema.expand,
            Kind.CONTRACT: schema.contract,
            Kind.DROP: schema.drop,
        }
        await verbs[kind](d)

    async def say(self, action: Action, slot: Slot, generation: int) -> None:
        """What instances are told or asked."""
        environment = self.parts.environment
        if action.role is not None:
            await environment.tell(slot, action.role, generation)
        elif action.kind is Kind.DRAIN:
            await environment.drain(slot, action.seconds, generation)
        else:
            await environment.resume(slot, generation)

    def failed(self, action: Action, error: VerdigrisError) -> None:
        """Whether it happened all the same is not decided here: the next look says what is so."""
        note = Note("failed", f"{action.kind}: {error}")
        if note != self.last_failure:
            log.warning(note.sentence)
            self.ledger.outcomes.append(note)
        self.last_failure = note
