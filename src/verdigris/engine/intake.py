"""Takes in what was asked for or done outside of the loop: filed deployments, and direct rollbacks.

Whether a deployment may begin, and what a direct rollback means, is decided in `core.intake`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from verdigris.core.deployment import Answered, Deployment, Note
from verdigris.core.intake import Direct, Wish, admit, adopt
from verdigris.core.world import Command, Unknown, World
from verdigris.engine.ledger import Ledger
from verdigris.engine.look import answer, blind_router
from verdigris.engine.parts import Deadline, Parts
from verdigris.ports import Filed, Saved

__all__ = ["Intake"]


class Intake:
    """Answers the deployments that were filed for one app, and begins those that are admitted."""

    def __init__(self, parts: Parts, ledger: Ledger, deadline: Deadline[Any]) -> None:
        self.parts = parts
        self.ledger = ledger
        self.deadline = deadline

    async def admit(self, pointless: tuple[Command, ...]) -> None:
        """Answer the deployments that were asked for, one after another.

        `pointless` are commands from before there was any deployment: the first one must not obey them.
        """
        for filed in await self.parts.store.filed(self.ledger.app):
            await self.admit_one(filed, pointless if self.ledger.saved is None else ())

    async def admit_one(self, filed: Filed, pointless: tuple[Command, ...] = ()) -> None:
        seen = await answer(self.parts.router.observe, self.deadline, "the router", blind_router)
        saved, store = self.ledger.saved, self.parts.store
        current = saved.deployment if saved else None
        if current is not None and current.key == filed.key:
            # Admitted before a crash that came between the deployment and the answer.
            await store.settle(filed, True, f"{current.id} is under way", current.id)
            return
        wish = Wish(self.ledger.app, filed.release, filed.actor, filed.key, filed.policy_hash, filed.queue)
        number = int(current.id.removeprefix("d-")) + 1 if current else 1
        admission = admit(wish, number, current, saved.policy if saved else None, seen.reading)
        if admission.superseded is not None:
            await self.supersede(admission.superseded, admission.notes)
        if admission.deployment is not None:
            await self.begin(Saved(admission.deployment, filed.policy), filed, pointless)
        elif not admission.later:
            await self.ledger.up_to_date()
            await store.settle(filed, False, admission.refusal)

    async def supersede(self, ended: Deployment, notes: tuple[Note, ...]) -> None:
        saved = self.ledger.saved
        assert saved is not None
        over = replace(saved, deployment=replace(ended, generation=saved.deployment.generation + 1))
        await self.parts.store.save(over, self.ledger.stored, notes, (), self.parts.clock.wall())
        self.ledger.follow(over)

    async def begin(self, saved: Saved, filed: Filed, pointless: tuple[Command, ...]) -> None:
        d, before = saved.deployment, self.ledger.saved
        if before is not None:
            d = replace(d, generation=before.deployment.generation + 1)
        saved = replace(saved, deployment=d)
        goal = f"{d.release.version} to {d.candidate}"
        note = Note("phase", f"preflight: {d.actor} deploys {goal}")
        refusals = tuple(Answered(c.id, False, "there was no deployment yet") for c in pointless)
        await self.parts.store.save(saved, None, (note,), refusals, self.parts.clock.wall())
        self.ledger.follow(saved)
        await self.parts.store.settle(filed, True, f"{d.id} deploys {goal}", d.id)

    def adopted(self, d: Deployment, world: World) -> tuple[Direct | None, Deployment | None]:
        """The record of what was done while nobody was here, and what it makes of the deployment."""
        direct, seen = self.parts.directs.read(), world.router.reading
        if direct is None or isinstance(seen, Unknown):
            return None, None
        return direct, adopt(d, direct, seen.value)
