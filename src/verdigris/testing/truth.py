"""What is really so on the simulated host and in its store, whatever the controller could see of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from verdigris.core.commands import PAUSES
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import Pause, Slot, Verb, Weights
from verdigris.testing.host import Host
from verdigris.testing.memory_store import MemoryStore

__all__ = ["Truth"]

NOWHERE = Weights(0, 100)


@dataclass
class Truth:
    """The host and the store of one app, and where traffic really went before the round.

    `filed` are the commands that people filed, by number; `pause` is what was accepted of them last.
    """

    host: Host
    store: MemoryStore
    app: str
    refused: Callable[[], bool] = lambda: False
    says: Weights = NOWHERE
    serves: Slot = Slot.BLUE
    lets_through: bool = True
    filed: dict[int, Verb] = field(default_factory=dict)
    counted: int = 0
    pause: Pause = Pause.NONE

    def before(self) -> None:
        """Before a round, in which the host stands still: where traffic really goes."""
        host = self.host
        self.says = host.routing.weights if host.fell_back is None else Weights.share(host.fell_back, 100)
        self.serves = host.in_force.weights.most
        self.lets_through = host.routing.pause is Pause.NONE

    def in_place(self, d: Deployment) -> bool:
        """Whether traffic was where it is due: the router says so, and nobody else answers where one has it all."""
        due = self.share(d)
        return self.says[d.candidate] == due and (due < 100 or self.serves is d.candidate)

    # --- what is written down -------------------------------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """The policy that the present deployment goes by."""
        saved = self.store.newest(self.app)
        return saved.policy if saved else Policy()

    def deployment(self) -> Deployment | None:
        return self.store.newest_deployment(self.app)

    def expected(self, slot: Slot) -> str | None:
        d = self.deployment()
        release = d.release_in(slot) if d else None
        return release.digest if release else None

    def share(self, d: Deployment) -> int:
        """The weight that is due to the candidate in a watched phase."""
        if d.previous is None or d.phase == "stabilize":
            return 100
        return self.policy.ramp[d.step if d.phase == "cutover" else -1].to

    def asked_pause(self) -> Pause:
        """What people asked for last, of what they were told is accepted."""
        if len(self.store.answered) > self.counted:
            for number, answer in list(self.store.answered.items())[self.counted :]:
                verb = self.filed.get(number)
                self.pause = PAUSES[verb] if answer.accepted and verb in PAUSES else self.pause
            self.counted = len(self.store.answered)
        return self.pause

    # --- what can serve -------------------------------------------------------------------------------------

    def able(self, d: Deployment, slot: Slot) -> int:
        """How many instances of a slot can serve what this deployment expects there."""
        release = d.release_in(slot)
        if release is None:
            return 0
        return sum(self.host.fit(body, release.digest) for body in self.host.places[slot].bodies)

    def starting(self, slot: Slot) -> bool:
        """Whether an instance of the slot is alive and was not probed yet: nobody knows whether it can serve."""
        bodies = self.host.places[slot].bodies
        return any(b.alive and (self.host.now < b.up_at or not b.passes + b.failures) for b in bodies)
