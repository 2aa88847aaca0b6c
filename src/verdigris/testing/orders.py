"""The promises about what the router is told, checked at the moment at which it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from verdigris.core.deployment import Deployment
from verdigris.core.world import SLOTS, Cohort, Routing, Slot
from verdigris.testing.invariants import WATCHED, require
from verdigris.testing.truth import Truth

__all__ = ["Orders"]


@dataclass
class Orders:
    """Hears every routing that the controller asks for. `cohorts` are those of the deployments so far."""

    truth: Truth
    cohorts: dict[str, Cohort | None] = field(default_factory=dict)

    def asked(self, routing: Routing) -> None:
        """The controller asks for a routing. What it could see at this moment is the truth at this moment."""
        truth, host, d = self.truth, self.truth.host, self.truth.deployment()
        if d is None:
            return
        gains = [slot for slot in SLOTS if routing.weights[slot] > host.routing.weights[slot]]
        for slot in gains:
            self.may_gain(d, slot)
        mine = host.edited is None or d.disowned == host.edited or truth.refused()
        require(mine, "I3 single writer", f"{host.edited} was made by hand and nobody said to replace it")
        saved = host.fell_back
        undone = saved is d.candidate and truth.able(d, d.live) > 0
        latched = saved is not None and routing.weights[saved] != 100 and not undone
        require(not latched, "I1 serving", f"the router saved itself and is told {routing.weights}")
        self.names_the_way_back(d, routing)
        self.only_for_a_drill(d, routing, gains)
        self.goes_by_cohort(d, routing)
        pause = truth.asked_pause()
        require(
            routing.pause is pause, "I6 convergence", f"{routing.pause} is told and {pause} was asked for"
        )
        limit = truth.share(d) if d.phase in WATCHED else 100
        require(
            d.candidate not in gains or routing.weights[d.candidate] <= limit,
            *("I9 evidence", f"{routing.weights} in {d.phase} {d.step}, at most {limit} % is due"),
        )

    def may_gain(self, d: Deployment, slot: Slot) -> None:
        if slot is d.live and d.previous is None and not d.moved:
            return  # back to the empty slot, where nobody reaches what has not passed the gate
        able = self.truth.able(d, slot)
        need = self.truth.policy.instances if slot is d.candidate and d.drill is None else 1
        require(able >= need, "I2 gate", f"{slot} is given weight and {able} of its instances can serve")

    def names_the_way_back(self, d: Deployment, routing: Routing) -> None:
        """While the candidate serves, the router knows where to turn by itself, and only to somebody able."""
        truth, host, to = self.truth, self.truth.host, routing.fallback
        if host.looked_at != host.now:
            had = host.routing.fallback
            serves = had is not None and routing.weights[had] == 100
            kept = d.phase not in WATCHED or to is had or serves or routing.weights[d.live] == 100
            return require(kept, "I4 way back", "what nobody could see in this round is given up")
        fit = to is None or truth.able(d, to) > 0 or (to is host.routing.fallback and truth.starting(to))
        require(fit, "I4 way back", f"{to} is to jump in and cannot serve")
        if d.phase not in WATCHED or d.previous is None:
            return None
        # One that is tried with most of the traffic has the slot it came from behind it.
        tried = d.drill is not None and routing.weights[d.live] > 50 and not truth.refused()
        due = d.candidate if tried else d.live
        needed = tried or routing.weights[d.candidate] > 0
        told = not needed or not truth.able(d, due) or to is due
        return require(told, "I4 way back", f"the router is not told of {due} in {d.phase}")

    def only_for_a_drill(self, d: Deployment, routing: Routing, gains: list[Slot]) -> None:
        """In `stabilize` the old slot is given weight for a drill that has not turned, and no more than its share."""
        if d.phase != "stabilize" or d.live not in gains or self.truth.refused():
            return
        out = d.drill is not None and d.drill.turned is None
        fit = out and d.drill is not None and routing.weights[d.live] <= d.drill.share
        require(fit, "I9 evidence", f"{routing.weights} in stabilize, the drill is {d.drill}")

    def goes_by_cohort(self, d: Deployment, routing: Routing) -> None:
        """The same users see the new version all through a deployment, and other ones in each."""
        due = self.truth.share(d)
        if d.phase not in WATCHED or routing.weights[d.candidate] != due or due == 100:
            return
        first, found = self.cohorts.setdefault(d.id, routing.cohort), routing.cohort
        others = [cohort for key, cohort in self.cohorts.items() if key != d.id]
        fit = found is not None and found.favoured is d.candidate and found.salt not in [
            cohort.salt for cohort in others if cohort is not None
        ]  # fmt: skip
        require(fit and found == first, "I9 evidence", f"{d.id} is shared by {found}, at first by {first}")
