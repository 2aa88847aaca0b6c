"""The promises about what is done, checked when it happens: long after it was asked for, or never."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.deployment import Deployment
from verdigris.core.replays import Replay
from verdigris.core.roles import UNLIVE_FOR
from verdigris.core.world import SLOTS, Release, Role, Routing, Slot
from verdigris.testing.fakes import LAG
from verdigris.testing.host import Cut
from verdigris.testing.invariants import WATCHED, require
from verdigris.testing.truth import Truth
from verdigris.testing.widths import Widths

__all__ = ["Deeds"]

BACK = ("restore", "settle", "abort", "discard", "rolled_back", "aborted")


@dataclass
class Deeds:
    """Sees every effect at the moment it happens, and counts them."""

    truth: Truth
    widths: Widths
    effects: int = 0

    def applied(self, routing: Routing, generation: int) -> None:
        d = self.truth.deployment()
        way_back = d is not None and (
            routing.weights[d.live] == 100 or (d.drill is not None and routing.weights[d.candidate] == 100)
        )
        self.written_down(generation, excused=way_back and self.truth.refused())
        # A router that lost its stamp (edited by hand, restarted) cannot fence; a late effect is repaired then.
        newest = self.truth.host.generation or 0
        require(generation >= newest, "I3 single writer", f"generation {generation} after {newest}")
        for slot in SLOTS:
            self.may_serve(slot, routing)

    def may_serve(self, slot: Slot, routing: Routing) -> None:
        """Weight only for what passed the gate, even when it was asked for long ago."""
        host, weight, d = self.truth.host, routing.weights[slot], self.truth.deployment()
        place = host.places[slot]
        first = d is not None and slot is d.live and d.previous is None
        if not weight or first:
            return
        if weight > host.routing.weights[slot]:
            require(place.release is not None, "I1 serving", f"{slot} is given weight {weight} and is empty")
            assert place.release is not None
            proved = place.release.digest in host.proved
            require(proved, "I2 gate", f"{slot} has weight {weight} unproven")
            wrong = self.truth.expected(slot) not in (None, place.release.digest)
            require(not wrong, "I2 gate", f"{slot} has weight {weight} with {place.release.version}")
            if d is not None and slot is d.candidate and self.truth.policy.expand:
                self.widths.serves(d, f"{slot} is given weight {weight}")
        emptied = bool(host.routing.members[slot]) and not routing.members[slot]
        require(not emptied, "I1 serving", f"{slot} has weight and loses its members")

    def provisioned(self, slot: Slot, release: Release, count: int, generation: int) -> None:
        self.written_down(generation)
        place, d = self.truth.host.places[slot], self.truth.deployment()
        in_vain = d is not None and slot is d.candidate and d.phase in BACK
        require(not in_vain, "I8 bounded", f"{slot} is started on the way back")
        require(count == self.truth.policy.instances, "I8 bounded", f"{count} instances asked for")
        other = place.release is not None and place.release.digest != release.digest
        serves = self.truth.host.routing.weights[slot] > 0
        require(not (other and serves), "I5 no destruction", f"{slot} serves another release")

    def torn_down(self, slot: Slot, generation: int) -> None:
        self.written_down(generation)
        host, place = self.truth.host, self.truth.host.places[slot]
        if not place.bodies:
            return
        weights, promise = host.routing.weights, "I5 no destruction"
        require(weights[slot] == 0, promise, f"{slot} has weight {weights}")
        require(host.fell_back is not slot, promise, f"{slot} serves as the fallback")
        require(not host.routing.members[slot], promise, f"{slot} is still in the router")
        quiet_for = host.now - host.last_weighted[slot]
        drained = host.in_flight(slot) == 0 or quiet_for >= self.truth.policy.drain - LAG
        require(drained, promise, f"{slot} has requests in flight, {quiet_for:.0f} s after its last weight")
        d = self.truth.deployment()
        if d is not None and (d.moved or d.previous is not None):
            require(self.truth.able(d, slot.other) > 0, promise, f"{slot} was the only side that could serve")
        if d is not None and slot is d.live:
            require(d.phase not in WATCHED, "I4 way back", f"{slot} is torn down in {d.phase}")

    def told(self, slot: Slot, role: Role, generation: int) -> None:
        """Jobs run in one place: at no moment are two slots told that they are live, nor one right after the other."""
        self.written_down(generation)
        if role is not Role.LIVE:
            return
        host, other = self.truth.host, slot.other
        two = host.places[other].role is Role.LIVE
        require(not two, "I15 one live", f"{slot} is told that it is live while {other} is")
        d, turned, serves = self.truth.deployment(), host.fell_back, host.routing.weights[slot] > 0
        has_traffic = turned is slot or (turned is None and serves) or (d is not None and d.drill is not None)
        require(has_traffic, "I15 one live", f"{slot} is told that it is live, with {host.routing.weights}")
        ago = host.now - host.last_live[other]
        require(ago >= UNLIVE_FOR, "I15 one live", f"{slot} is told so {ago:.1f} s after {other} was live")

    def asked_away(self, slot: Slot, leaving: bool, generation: int) -> None:
        """Clients are sent away from where no traffic goes, and from nowhere else."""
        self.written_down(generation, excused=not leaving and self.truth.refused())
        host = self.truth.host
        serves = host.routing.weights[slot] > 0 or host.fell_back is slot
        require(not (leaving and serves), "I1 serving", f"clients of {slot} are sent away and it serves")

    def replayed(self, replay: Replay) -> None:
        """Requests of our own go to who is well, and only while those of users all go to the candidate."""
        host, says = self.truth.host, self.truth.says
        moved = says[replay.candidate] == 100 and self.truth.lets_through
        require(moved, "I9 evidence", f"requests are replayed while the router says {says}")
        for slot in SLOTS:
            told = {member.address for member in replay.members[slot]}
            fit = [b for b in host.places[slot].bodies if b.address in told and host.fit(b, b.digest)]
            require(
                0 < len(fit) == len(told), "I9 evidence", f"requests are replayed at {len(told)} of {slot}"
            )

    def contracting(self, d: Deployment, told: int) -> None:
        self.written_down(d.generation)
        self.widths.contracting(d, told)

    def dropping(self, d: Deployment) -> None:
        self.written_down(d.generation)
        self.widths.dropping(d)

    def cut(self, cut: Cut) -> None:
        """Long-lived connections are ended by us: never before their time."""
        due = self.truth.policy.drain_long_lived
        what = f"{cut.count} streams of {cut.slot} {cut.why} {cut.idle:.0f} s after its last weight"
        require(cut.idle >= due - LAG, "I5 no destruction", f"{what}, they have {due:.0f} s")

    def written_down(self, generation: int, excused: bool = False) -> None:
        """Intent before effect: the store has this generation, unless it cannot be written and traffic goes back."""
        self.effects += 1
        stored = self.truth.store.generation(self.truth.app)
        written = stored is not None and generation <= stored
        require(written or excused, "I11 audit", f"effect {generation}, stored {stored}")
