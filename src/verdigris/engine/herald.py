"""Tells people what one loop did: the log, the notifier, the board.

It is heard last, after what was written down was acted on: nobody who listens can hold up the way back.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from verdigris.core.conditions import foreign
from verdigris.core.deployment import Deployment, Note
from verdigris.core.errors import VerdigrisError
from verdigris.core.lifecycle import Decision
from verdigris.core.world import Known, Unknown, World
from verdigris.engine.ledger import Ledger
from verdigris.engine.parts import Deadline, Parts
from verdigris.ports import Alert, Snapshot

__all__ = ["Herald"]

log = logging.getLogger("verdigris")

TELL_WITHIN = 1.0
SIGNALS_SHOWN = 60


class Herald:
    """Tells what the ledger holds and nobody was told yet, and pins the last look where people see it."""

    def __init__(self, parts: Parts, ledger: Ledger, deadline: Deadline[Any]) -> None:
        self.parts = parts
        self.ledger = ledger
        self.deadline = deadline

    async def tell(self, d: Deployment) -> None:
        """Every note goes to the log, and an alert to the notifier too."""
        notes, self.ledger.told = self.ledger.told, ()
        for note in notes:
            log.info(note.sentence, extra={"deployment": d.id, "phase": d.phase, "kind": note.kind})
            if note.kind == "alert" and self.parts.notifier is not None:
                await self.alert(
                    Alert(self.ledger.app, d.id, note.kind, note.sentence, self.parts.clock.wall())
                )

    async def alert(self, alert: Alert) -> None:
        assert self.parts.notifier is not None
        try:
            await self.deadline(self.parts.notifier.notify(alert), TELL_WITHIN, "the notifier")
        except Exception as error:
            # Whoever wrote the notifier: an alert that cannot be told must not end the round.
            missed = f"nobody was told: {error}. It was: {alert.sentence}"
            self.ledger.outcomes.append(Note("failed", missed))

    def pin(self, decision: Decision, world: World) -> None:
        saved = self.ledger.saved
        if self.parts.board is None or saved is None:
            return
        snapshot = Snapshot(
            self.parts.clock.wall(),
            saved.deployment,
            saved.policy,
            brief(world),
            decision.waiting_for,
            decision.verdict,
            self.ledger.trouble or foreign(decision.deployment, world),
        )
        try:
            self.parts.board.pin(snapshot)
        except VerdigrisError as error:
            self.ledger.complain(str(error))


def brief(world: World) -> World:
    """The world with only the newest request counts: enough to show."""
    seen = world.signals
    if isinstance(seen, Unknown):
        return world
    return replace(world, signals=Known(seen.value[-SIGNALS_SHOWN:], seen.seen_at))
