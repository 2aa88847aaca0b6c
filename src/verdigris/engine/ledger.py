"""What one loop knows of what is written down: read once, and saved before anything is done.

The one exception is the way back: when nothing can be written down, traffic is taken back first and that is said
aloud. What is decided is not decided here.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from verdigris.core.deployment import Deployment, Note, Outcome
from verdigris.core.drills import homeward, orphaned, schedule_runs
from verdigris.core.errors import Conflict, StoreUnavailable
from verdigris.core.evidence import broken_off
from verdigris.core.lifecycle import ENDINGS, Decision
from verdigris.core.safety import Action, Kind
from verdigris.core.world import Command, Pause, Routing
from verdigris.engine.counted import Unwritten
from verdigris.ports import Clock, Saved, Store

__all__ = ["Ledger"]

log = logging.getLogger("verdigris")

SAVE_EVERY = 5.0
"""Evidence alone is written down this often; a crash loses at most so much of it, which only lengthens a wait."""
SAVE_AT_REST = 3600.0
"""The same for an ended deployment, in which only the time since the last drill goes on."""


class Ledger:
    """One app's page of the store, as its loop last read or wrote it.

    `saved` is what the loop goes on with, `stored` the generation that is written down. `outcomes` are notes that
    wait to be written, `told` those that were and wait to be told. `trouble` is what the event log cannot be told.
    `counted` are the seconds of its trial that wait to be written.
    """

    def __init__(self, app: str, store: Store, clock: Clock) -> None:
        self.app = app
        self.store = store
        self.clock = clock
        self.saved: Saved | None = None
        self.stored: int | None = None
        self.saved_at = float("-inf")
        self.broken_off = False
        self.loaded = False
        self.trouble = ""
        self.outcomes: list[Note] = []
        self.told: tuple[Note, ...] = ()
        self.counted = Unwritten()

    # --- what is read -------------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the store once; after that this loop knows best, until somebody else wrote.

        An ended deployment is read each time: it may have been followed by one that was begun elsewhere.
        """
        if self.loaded and (self.saved is None or self.saved.deployment.phase not in ENDINGS):
            return
        found = await self.store.load(self.app)
        # What only this loop knows, how long something has lasted, is kept while nobody else wrote.
        if not (self.loaded and found and self.saved and self.same(found, self.saved)):
            self.saved, self.stored = self.taken_over(found), found.deployment.generation if found else None
            self.counted.forget()
        self.told = self.told if self.loaded else again(found)
        self.loaded = True

    def taken_over(self, found: Saved | None) -> Saved | None:
        """What somebody else wrote, as this loop goes on with it: a drill is only brought home."""
        if found is None:
            return None
        ours = orphaned(found.deployment, self.clock.now())
        self.broken_off |= ours.differs(found.deployment)
        return replace(found, deployment=ours)

    def same(self, found: Saved, saved: Saved) -> bool:
        return (found.deployment.id, found.deployment.generation) == (saved.deployment.id, self.stored)

    async def commands(self) -> tuple[Command, ...]:
        return await self.store.commands(self.app)

    async def up_to_date(self) -> None:
        """Who was frozen for a while must not refuse what another has begun since: `Conflict`."""
        found = await self.store.load(self.app)
        if found and not (self.saved and self.same(found, self.saved)):
            raise Conflict(f"{found.deployment.id} has generation {found.deployment.generation} by now")

    def overtaken(self, error: Conflict) -> None:
        """Somebody else wrote: what this loop remembers is void, the next round reads again."""
        self.complain(f"somebody else wrote: {error}")
        self.loaded = False

    # --- what is written ----------------------------------------------------------------------------------

    async def write(self, saved: Saved, decision: Decision, due: bool) -> Deployment | None:
        """Save the decision with the next generation: the deployment to act on, None when nothing may be done."""
        self.counted.take(saved.deployment, decision.taken)
        if not decision.understood or not (due or self.worth_saving(saved, decision)):
            self.saved = Saved(decision.deployment, saved.policy)
            return None
        fresh = replace(
            decision.deployment,
            generation=max(saved.deployment.generation, decision.deployment.generation) + 1,
        )
        notes = (*self.outcomes, *decision.notes, *intents(decision.actions))
        try:
            await self.save(Saved(fresh, saved.policy), notes, decision)
        except Conflict as error:
            self.overtaken(error)
            return None
        except StoreUnavailable as error:
            return self.unwritten(saved, fresh, decision, error)
        self.trouble = ""
        self.outcomes.clear()
        self.told += (*decision.notes, *intents(decision.actions))
        return fresh

    def worth_saving(self, saved: Saved, decision: Decision) -> bool:
        """Whether anything but the passing of evidence changed, or enough of it has passed, or some is void."""
        if decision.actions or decision.answers or decision.notes or self.outcomes:
            return True
        self.broken_off |= broken_off(saved.deployment, decision.deployment)
        behind = self.broken_off or self.stored != saved.deployment.generation
        changed = decision.deployment.differs(saved.deployment)
        unfinished = decision.deployment.phase not in ENDINGS or decision.waiting_for != ""
        often = SAVE_EVERY if unfinished else SAVE_AT_REST if schedule_runs(decision.deployment) else None
        return behind or changed or (often is not None and self.clock.now() - self.saved_at >= often)

    async def save(self, saved: Saved, notes: tuple[Note, ...], decision: Decision) -> None:
        counted = self.counted.of(saved.deployment)
        await self.store.save(saved, self.stored, notes, decision.answers, self.clock.wall(), counted)
        self.counted.written()
        self.follow(saved)
        self.saved_at = self.clock.now()
        self.broken_off = False

    def follow(self, saved: Saved) -> None:
        """Go on with what has just been written down."""
        self.saved, self.stored = saved, saved.deployment.generation

    # --- what cannot be written ---------------------------------------------------------------------------

    def unwritten(
        self, saved: Saved, fresh: Deployment, decision: Decision, error: StoreUnavailable
    ) -> Deployment | None:
        """Nothing can be written down: only the way back goes on, from memory, and says so.

        What was seen stays seen: a count that this look broke off must not go on as if nothing had been.
        """
        # A drill that was begun in this very look has sent nothing that could come home.
        coming_home = homeward(fresh) and saved.deployment.drill is not None
        if fresh.phase != "restore" and not coming_home:
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

    def allowed(self, d: Deployment, actions: tuple[Action, ...]) -> tuple[Action, ...]:
        """Everything that was written down; of what was not, only what moves traffic back, and who is asked back."""
        if self.stored == d.generation:
            return actions
        home = d.candidate if homeward(d) else d.live
        back = [a for a in actions if a.routing is not None and a.routing.weights[home] == 100]
        asked = [a for a in actions if a.kind is Kind.RESUME and a.slot is home]
        return (*asked, *(replace(a, routing=as_told(a, d.pause)) for a in back))

    def complain(self, sentence: str) -> None:
        """Say aloud what the event log cannot be told."""
        if sentence != self.trouble:
            log.error(sentence)
        self.trouble = sentence


def as_told(action: Action, pause: Pause) -> Routing:
    assert action.routing is not None
    return replace(action.routing, pause=pause)


def as_paused(d: Deployment, pause: Pause) -> Deployment:
    """The same with the pause that is written down: a pause is not the way back, and waits until it can be."""
    routed = d.routed
    if routed is not None and routed.generation == d.generation:
        routed = replace(routed, routing=replace(routed.routing, pause=pause))
    return replace(d, pause=pause, routed=routed)


def again(saved: Saved | None) -> tuple[Note, ...]:
    """The alert that a controller may have died with, after it was written down and before it was told."""
    d = saved.deployment if saved is not None else None
    if d is not None and d.drill is not None and d.drill.outcome is Outcome.FAILED:
        return (
            Note("alert", f"the way back does not work: {d.drill.why}. Traffic goes back to {d.candidate}"),
        )
    if d is None or d.phase not in ("restore", "stuck"):
        return ()
    return (Note("alert", f"{d.id} ({d.release.version}) is in {d.phase}: {d.cause}"),)


def intents(actions: tuple[Action, ...]) -> tuple[Note, ...]:
    return tuple(Note("action", f"{action.kind}: {action.why}") for action in actions)
