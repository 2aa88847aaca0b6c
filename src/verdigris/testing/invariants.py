"""The promises, checked against the truth after every simulated step.

The numbers are those of the fault study: I1 serving, I2 gate, I3 single writer, I4 way back, I5 no destruction of
what serves, I6 crash convergence, I7 fail-static, I8 bounded, I9 evidence, I10 time, I11 audit, I13 schema,
I14 liveness. I12 (secrets and input) has no subject here: it is tested where text is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import Release, Routing, Slot
from verdigris.testing.host import Host
from verdigris.testing.memory_store import MemoryStore

__all__ = ["Violation", "Witness"]

WATCHED = ("cutover", "drain", "bake", "stabilize")
SLACK = 6.0
"""Seconds by which counted evidence may exceed the truth: one look's worth."""


class Violation(AssertionError):
    """A promise was broken."""


def require(holds: bool, promise: str, what: str) -> None:
    if not holds:
        raise Violation(f"{promise}: {what}")


@dataclass
class Witness:
    """Sees every effect at the moment it happens, and the truth after every step."""

    host: Host
    store: MemoryStore
    app: str
    policy: Policy
    effects: int = 0
    good: float = 0.0
    clear_at: tuple[str, float] = ("", 0.0)
    phase: str = ""
    on_the_way: str = ""
    refused: Callable[[], bool] = lambda: False
    promoted: bool = False
    backward: set[str] = field(default_factory=set)

    # --- effects ------------------------------------------------------------------------------------------

    def applied(self, routing: Routing, generation: int) -> None:
        d = self.deployment()
        way_back = d is not None and routing.weights[d.live] == 100
        self.written_down(generation, excused=way_back and self.refused())
        # A router that lost its stamp (edited by hand, restarted) cannot fence; a late effect is repaired then.
        newest = self.host.generation or 0
        require(generation >= newest, "I3 single writer", f"generation {generation} after {newest}")
        for slot in Slot:
            self.may_serve(slot, routing)

    def may_serve(self, slot: Slot, routing: Routing) -> None:
        """Weight and preview only for what passed the gate; a gain only for what was up a moment ago."""
        place, weight = self.host.places[slot], routing.weights[slot]
        gained = weight > self.host.routing.weights[slot]
        if not weight:
            return
        if gained and place.release is not None:
            require(place.release.digest in self.host.proved, "I2 gate", f"{slot} has weight {weight} unproven")
            expected = self.expected(slot)
            wrong = expected is not None and place.release.digest != expected
            require(not wrong, "I2 gate", f"{slot} has weight {weight} with {place.release.version}")
        if gained:
            require(place.release is not None, "I1 serving", f"{slot} is given weight {weight} and is empty")
        emptied = bool(self.host.routing.members[slot]) and not routing.members[slot]
        require(not emptied, "I1 serving", f"{slot} has weight and loses its members")

    def expected(self, slot: Slot) -> str | None:
        d = self.deployment()
        release = d.release_in(slot) if d else None
        return release.digest if release else None

    def provisioned(self, slot: Slot, release: Release, count: int, generation: int) -> None:
        self.written_down(generation)
        place = self.host.places[slot]
        require(count == self.policy.instances, "I8 bounded", f"{count} instances asked for")
        other = place.release is not None and place.release.digest != release.digest
        require(not (other and self.host.routing.weights[slot]), "I5 no destruction", f"{slot} serves another release")

    def torn_down(self, slot: Slot, generation: int) -> None:
        self.written_down(generation)
        host, place = self.host, self.host.places[slot]
        if not place.bodies:
            return
        require(host.routing.weights[slot] == 0, "I5 no destruction", f"{slot} has weight {host.routing.weights}")
        require(host.fell_back is not slot, "I5 no destruction", f"{slot} serves as the fallback")
        require(not host.routing.members[slot], "I5 no destruction", f"{slot} is still in the router")
        quiet_for = host.now - host.last_weighted[slot]
        drained = host.in_flight(slot) == 0 or quiet_for >= self.policy.drain - SLACK
        require(drained, "I5 no destruction", f"{slot} has requests in flight, {quiet_for:.0f} s after its last weight")
        d = self.deployment()
        if d is not None and (d.moved or d.previous is not None):
            require(self.runs(slot.other), "I5 no destruction", f"{slot} was the only side that runs")
        if d is not None and slot is d.live:
            require(d.phase not in WATCHED, "I4 way back", f"{slot} is torn down in {d.phase}")

    def runs(self, slot: Slot) -> bool:
        """Whether anything is there that was up lately: it may have died since the look."""
        return any(body.alive or self.host.now - body.restart_at < 15 for body in self.host.places[slot].bodies)

    def contracted(self, generation: int) -> None:
        self.written_down(generation)
        d = self.deployment()
        assert d is not None
        old = self.host.places[d.live]
        require(not old.bodies, "I13 schema", f"the schema contracts while {d.live} runs")
        require(d.phase == "contract", "I13 schema", f"the schema contracts in {d.phase}")

    def written_down(self, generation: int, excused: bool = False) -> None:
        """Intent before effect: the store has this generation, unless it cannot be written and traffic goes back."""
        self.effects += 1
        stored = self.store.generation(self.app)
        written = stored is not None and generation <= stored
        require(written or excused, "I11 audit", f"effect {generation}, stored {stored}")

    # --- steps --------------------------------------------------------------------------------------------

    def deployment(self) -> Deployment | None:
        return self.store.newest_deployment(self.app)

    def step(self, clear: bool) -> None:
        """After every step. `clear`: the controller completed a round and could see what it needed."""
        d = self.deployment()
        if d is None:
            return
        if d.id + d.phase + str(d.step) != self.on_the_way:
            self.entered(d)
        moment = (self.host.base, self.host.now)
        if clear and moment[0] == self.clear_at[0]:
            self.good += min(moment[1] - self.clear_at[1], self.policy.fresh_within)
        self.clear_at = moment if clear else self.clear_at
        counted = d.lasted("good")
        require(counted <= self.good + SLACK, "I9 evidence", f"{counted:.0f} s counted, {self.good:.0f} s were good")

    def entered(self, d: Deployment) -> None:
        """A phase was entered: was there the evidence for it, and is it the right way?"""
        before, self.phase = self.phase, d.phase
        same = self.on_the_way.startswith(d.id + before) and not self.promoted
        if same and before == "bake" and d.phase == "stabilize":
            require(self.good >= self.policy.bake - SLACK, "I9 evidence", f"baked on {self.good:.0f} s")
        if same and before == "stabilize" and d.phase == "decommission":
            require(self.good >= self.policy.stabilize - SLACK, "I10 time", f"stabilized on {self.good:.0f} s")
        if d.phase in ("restore", "abort"):
            self.backward.add(d.id)
        forward = d.phase in (*WATCHED, "decommission", "contract", "succeeded")
        require(not (forward and d.id in self.backward), "I6 convergence", f"{d.id} went forward again to {d.phase}")
        self.on_the_way, self.good, self.promoted = d.id + d.phase + str(d.step), 0.0, False
