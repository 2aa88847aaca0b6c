"""The promises, checked against the truth after every simulated step.

The numbers are those of the fault study: I1 serving, I2 gate, I3 single writer, I4 way back, I5 no destruction of
what serves, I6 crash convergence, I7 fail-static, I8 bounded, I9 evidence, I10 time, I11 audit, I13 schema,
I14 liveness. I12 (secrets and input) has no subject here: it is tested where text is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from verdigris.core.commands import PAUSES
from verdigris.core.deployment import Deployment
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.policy import Policy
from verdigris.core.world import Cohort, Pause, Release, Routing, Slot, Verb, Weights
from verdigris.testing.fakes import LAG
from verdigris.testing.host import Cut, Host
from verdigris.testing.memory_store import MemoryStore

__all__ = ["WATCHED", "Violation", "Witness"]

WATCHED = ("cutover", "drain", "bake", "stabilize")
BACK = ("restore", "settle", "abort", "discard", "rolled_back", "aborted")
NOWHERE = Weights(0, 100)
SLACK = 0.5
"""Seconds by which counted evidence may exceed the truth: rounding, and nothing else."""


class Violation(AssertionError):
    """A promise was broken."""


def require(holds: bool, promise: str, what: str) -> None:
    if not holds:
        raise Violation(f"{promise}: {what}")


@dataclass
class Witness:
    """Sees every effect at the moment it happens, and the truth before and after every step."""

    host: Host
    store: MemoryStore
    app: str
    effects: int = 0
    good: float = 0.0
    clear_at: tuple[str, float] = ("", 0.0)
    phase: str = ""
    on_the_way: str = ""
    stored: int = -1
    last: Deployment | None = None
    says: Weights = NOWHERE
    serves: Slot = Slot.BLUE
    refused: Callable[[], bool] = lambda: False
    promoted: bool = False
    backward: set[str] = field(default_factory=set)
    filed: dict[int, Verb] = field(default_factory=dict)
    counted: int = 0
    pause: Pause = Pause.NONE
    lets_through: bool = True
    cohorts: dict[str, Cohort | None] = field(default_factory=dict)
    phases: Counter[str] = field(default_factory=Counter)

    # --- effects ------------------------------------------------------------------------------------------

    def asked(self, routing: Routing) -> None:
        """The controller asks for a routing. What it could see at this moment is the truth at this moment."""
        host, d = self.host, self.deployment()
        if d is None:
            return
        gains = [slot for slot in Slot if routing.weights[slot] > host.routing.weights[slot]]
        for slot in gains:
            self.may_gain(d, slot)
        mine = host.edited is None or d.disowned == host.edited or self.refused()
        require(mine, "I3 single writer", f"{host.edited} was made by hand and nobody said to replace it")
        saved = host.fell_back
        undone = saved is d.candidate and self.able(d, d.live) > 0
        latched = saved is not None and routing.weights[saved] != 100 and not undone
        require(not latched, "I1 serving", f"the router saved itself and is told {routing.weights}")
        self.names_the_way_back(d, routing)
        self.only_for_a_drill(d, routing, gains)
        self.goes_by_cohort(d, routing)
        pause = self.asked_pause()
        require(
            routing.pause is pause, "I6 convergence", f"{routing.pause} is told and {pause} was asked for"
        )
        limit = self.share(d) if d.phase in WATCHED else 100
        require(
            d.candidate not in gains or routing.weights[d.candidate] <= limit,
            *("I9 evidence", f"{routing.weights} in {d.phase} {d.step}, at most {limit} % is due"),
        )

    def only_for_a_drill(self, d: Deployment, routing: Routing, gains: list[Slot]) -> None:
        """In `stabilize` the old slot is given weight for a drill that has not turned, and no more than its share."""
        if d.phase != "stabilize" or d.live not in gains or self.refused():
            return
        out = d.drill is not None and d.drill.turned is None
        fit = out and d.drill is not None and routing.weights[d.live] <= d.drill.share
        require(fit, "I9 evidence", f"{routing.weights} in stabilize, the drill is {d.drill}")

    def goes_by_cohort(self, d: Deployment, routing: Routing) -> None:
        """The same users see the new version all through a deployment, and other ones in each."""
        if d.phase not in WATCHED or routing.weights[d.candidate] != self.share(d) or self.share(d) == 100:
            return
        first, found = self.cohorts.setdefault(d.id, routing.cohort), routing.cohort
        others = [cohort for key, cohort in self.cohorts.items() if key != d.id]
        fit = found is not None and found.favoured is d.candidate and found.salt not in [
            cohort.salt for cohort in others if cohort is not None
        ]  # fmt: skip
        require(fit and found == first, "I9 evidence", f"{d.id} is shared by {found}, at first by {first}")

    def asked_pause(self) -> Pause:
        """What people asked for last, of what they were told is accepted."""
        if len(self.store.answered) > self.counted:
            for number, answer in list(self.store.answered.items())[self.counted :]:
                verb = self.filed.get(number)
                self.pause = PAUSES[verb] if answer.accepted and verb in PAUSES else self.pause
            self.counted = len(self.store.answered)
        return self.pause

    def cut(self, cut: Cut) -> None:
        """Long-lived connections are ended by us: never before their time."""
        due = self.policy.drain_long_lived
        what = f"{cut.count} streams of {cut.slot} {cut.why} {cut.idle:.0f} s after its last weight"
        require(cut.idle >= due - LAG, "I5 no destruction", f"{what}, they have {due:.0f} s")

    def may_gain(self, d: Deployment, slot: Slot) -> None:
        if slot is d.live and d.previous is None and not d.moved:
            return  # back to the empty slot, where nobody reaches what has not passed the gate
        able = self.able(d, slot)
        need = self.policy.instances if slot is d.candidate and d.drill is None else 1
        require(able >= need, "I2 gate", f"{slot} is given weight and {able} of its instances can serve")

    def names_the_way_back(self, d: Deployment, routing: Routing) -> None:
        """While the candidate serves, the router knows where to turn by itself, and only to somebody able."""
        to = routing.fallback
        if self.host.looked_at != self.host.now:
            had = self.host.routing.fallback
            serves = had is not None and routing.weights[had] == 100
            kept = d.phase not in WATCHED or to is had or serves or routing.weights[d.live] == 100
            return require(kept, "I4 way back", "what nobody could see in this round is given up")
        fit = to is None or self.able(d, to) > 0 or (to is self.host.routing.fallback and self.starting(to))
        require(fit, "I4 way back", f"{to} is to jump in and cannot serve")
        if d.phase not in WATCHED or d.previous is None:
            return None
        # One that is tried with most of the traffic has the slot it came from behind it.
        tried = d.drill is not None and routing.weights[d.live] > 50 and not self.refused()
        due = d.candidate if tried else d.live
        needed = tried or routing.weights[d.candidate] > 0
        told = not needed or not self.able(d, due) or to is due
        return require(told, "I4 way back", f"the router is not told of {due} in {d.phase}")

    def starting(self, slot: Slot) -> bool:
        """Whether an instance of the slot is alive and was not probed yet: nobody knows whether it can serve."""
        bodies = self.host.places[slot].bodies
        return any(b.alive and (self.host.now < b.up_at or not b.passes + b.failures) for b in bodies)

    def able(self, d: Deployment, slot: Slot) -> int:
        """How many instances of a slot can serve what this deployment expects there."""
        release = d.release_in(slot)
        if release is None:
            return 0
        return sum(self.host.fit(body, release.digest) for body in self.host.places[slot].bodies)

    def applied(self, routing: Routing, generation: int) -> None:
        d = self.deployment()
        way_back = d is not None and (
            routing.weights[d.live] == 100 or (d.drill is not None and routing.weights[d.candidate] == 100)
        )
        self.written_down(generation, excused=way_back and self.refused())
        # A router that lost its stamp (edited by hand, restarted) cannot fence; a late effect is repaired then.
        newest = self.host.generation or 0
        require(generation >= newest, "I3 single writer", f"generation {generation} after {newest}")
        for slot in Slot:
            self.may_serve(slot, routing)

    def may_serve(self, slot: Slot, routing: Routing) -> None:
        """Weight only for what passed the gate, even when it was asked for long ago."""
        place, weight, d = self.host.places[slot], routing.weights[slot], self.deployment()
        first = d is not None and slot is d.live and d.previous is None
        if not weight or first:
            return
        if weight > self.host.routing.weights[slot]:
            require(place.release is not None, "I1 serving", f"{slot} is given weight {weight} and is empty")
            assert place.release is not None
            proved = place.release.digest in self.host.proved
            require(proved, "I2 gate", f"{slot} has weight {weight} unproven")
            wrong = self.expected(slot) not in (None, place.release.digest)
            require(not wrong, "I2 gate", f"{slot} has weight {weight} with {place.release.version}")
        emptied = bool(self.host.routing.members[slot]) and not routing.members[slot]
        require(not emptied, "I1 serving", f"{slot} has weight and loses its members")

    def expected(self, slot: Slot) -> str | None:
        d = self.deployment()
        release = d.release_in(slot) if d else None
        return release.digest if release else None

    def provisioned(self, slot: Slot, release: Release, count: int, generation: int) -> None:
        self.written_down(generation)
        place, d = self.host.places[slot], self.deployment()
        in_vain = d is not None and slot is d.candidate and d.phase in BACK
        require(not in_vain, "I8 bounded", f"{slot} is started on the way back")
        require(count == self.policy.instances, "I8 bounded", f"{count} instances asked for")
        other = place.release is not None and place.release.digest != release.digest
        serves = self.host.routing.weights[slot] > 0
        require(not (other and serves), "I5 no destruction", f"{slot} serves another release")

    def torn_down(self, slot: Slot, generation: int) -> None:
        self.written_down(generation)
        host, place = self.host, self.host.places[slot]
        if not place.bodies:
            return
        weights, promise = host.routing.weights, "I5 no destruction"
        require(weights[slot] == 0, promise, f"{slot} has weight {weights}")
        require(host.fell_back is not slot, promise, f"{slot} serves as the fallback")
        require(not host.routing.members[slot], promise, f"{slot} is still in the router")
        quiet_for = host.now - host.last_weighted[slot]
        drained = host.in_flight(slot) == 0 or quiet_for >= self.policy.drain - LAG
        require(drained, promise, f"{slot} has requests in flight, {quiet_for:.0f} s after its last weight")
        d = self.deployment()
        if d is not None and (d.moved or d.previous is not None):
            require(self.able(d, slot.other) > 0, promise, f"{slot} was the only side that could serve")
        if d is not None and slot is d.live:
            require(d.phase not in WATCHED, "I4 way back", f"{slot} is torn down in {d.phase}")

    def contracted(self, generation: int) -> None:
        self.written_down(generation)
        d = self.deployment()
        assert d is not None
        left = self.host.sessions()
        require(not left, "I13 schema", f"the schema contracts under {left} sessions of {d.live}")
        require(d.phase == "contract", "I13 schema", f"the schema contracts in {d.phase}")

    def written_down(self, generation: int, excused: bool = False) -> None:
        """Intent before effect: the store has this generation, unless it cannot be written and traffic goes back."""
        self.effects += 1
        stored = self.store.generation(self.app)
        written = stored is not None and generation <= stored
        require(written or excused, "I11 audit", f"effect {generation}, stored {stored}")

    # --- steps --------------------------------------------------------------------------------------------

    @property
    def policy(self) -> Policy:
        """The policy that the present deployment goes by."""
        saved = self.store.newest(self.app)
        return saved.policy if saved else Policy()

    def deployment(self) -> Deployment | None:
        return self.store.newest_deployment(self.app)

    def before(self) -> None:
        """Before a round, in which the host stands still: where traffic really goes."""
        host = self.host
        self.says = host.routing.weights if host.fell_back is None else Weights.share(host.fell_back, 100)
        self.serves = max(Slot, key=lambda slot: host.in_force.weights[slot])
        self.lets_through = host.routing.pause is Pause.NONE

    def step(self, clear: bool) -> None:
        """After every round. `clear`: it could have counted as evidence, for the counts of requests were there."""
        d = self.deployment()
        if d is None:
            return
        require(d.generation >= self.stored, "I3 single writer", f"{d.generation} stored over {self.stored}")
        self.stored = d.generation
        # The first one takes over what the router says under a stamp of ours: nobody was there to be asked.
        self.pause = d.pause if self.last is None else self.pause
        pause = self.asked_pause()
        require(d.pause is pause, "I6 convergence", f"{d.id} has pause {d.pause}, {pause} was asked for")
        self.lived_through(clear and self.lets_through)
        if f"{d.id}{d.phase}{d.step}" != self.on_the_way:
            self.entered(d)
        self.last = d
        counted = d.lasted("good")
        what = f"{counted:.1f} s counted in {d.phase}, {self.good:.1f} s were good"
        require(d.phase not in WATCHED or counted <= self.good + SLACK, "I9 evidence", what)

    def lived_through(self, clear: bool) -> None:
        """Add the time since the last clear round, if it was good for the phase that the deployment was in."""
        d, moment = self.last, (self.host.base, self.host.now)
        if not clear or d is None or d.phase not in WATCHED or not self.in_place(d):
            return
        if moment[0] == self.clear_at[0]:
            self.good += min(moment[1] - self.clear_at[1], self.policy.fresh_within)
        self.clear_at = moment

    def in_place(self, d: Deployment) -> bool:
        """Whether traffic was where it is due: the router says so, and nobody else answers where one has it all."""
        due = self.share(d)
        return self.says[d.candidate] == due and (due < 100 or self.serves is d.candidate)

    def share(self, d: Deployment) -> int:
        """The weight that is due to the candidate in a watched phase."""
        if d.previous is None or d.phase == "stabilize":
            return 100
        return self.policy.ramp[d.step if d.phase == "cutover" else -1].to

    def entered(self, d: Deployment) -> None:
        """A phase was entered: was there the evidence for it, and is it the right way?"""
        before, self.phase = self.phase, d.phase
        self.phases[d.phase] += 1
        if not self.on_the_way.startswith(f"{d.id}{before}"):
            self.begun(d, before)
        elif not self.promoted:
            self.earned(d, before)
        what = f"{before} is over, the router says {self.says}, and {self.serves} serves"
        if before in ("cutover", "drain") and d.phase in ("drain", "bake"):
            require(self.in_place(d), "I9 evidence", what)
        if before == "restore" and d.phase == "settle":
            back = self.says[d.live] == 100 and self.serves is d.live
            require(back, "I9 evidence", what)
        if d.phase in ("restore", "abort"):
            self.backward.add(d.id)
        if d.phase in ("restore", "abort", "stuck"):
            require(d.cause != "", "I11 audit", f"{d.phase} without a cause")
        forward = d.phase in (*WATCHED, "decommission", "contract", "succeeded")
        again = forward and d.id in self.backward
        require(not again, "I6 convergence", f"{d.id} went forward again to {d.phase}")
        # A promote that nobody could read yet is obeyed in the phase that has just begun.
        waiting = any(c.verb in (Verb.PROMOTE, Verb.APPLY) for _, c in self.store.waiting.values())
        self.on_the_way, self.good, self.promoted = f"{d.id}{d.phase}{d.step}", 0.0, waiting

    def begun(self, d: Deployment, before: str) -> None:
        """Another deployment took over: the one before was over, or had nothing left but to be kept hot."""
        over = before in (*ENDINGS, "stabilize", "")
        require(over, "I3 single writer", f"{d.id} begins while another is in {before}")
        owed = before == "stabilize" and self.policy.contract and d.phase != "stuck"
        require(not owed, "I13 schema", f"{d.id} begins while a contract is owed")

    def earned(self, d: Deployment, before: str) -> None:
        """What nobody took upon themselves has to have been waited for."""
        good, p = self.good, self.policy
        if before == "bake" and d.phase == "stabilize":
            require(good >= p.bake - SLACK, "I9 evidence", f"baked on {good:.0f} s")
        if before == "stabilize" and d.phase == "decommission":
            require(good >= p.stabilize - SLACK, "I10 time", f"stabilized on {good:.0f} s")
        if before == "gate" and d.phase == "cutover":
            raise Violation("I2 gate: nobody said yes")
