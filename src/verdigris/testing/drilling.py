"""The promises of a drill, checked against the truth: it begins between two good slots, whatever goes wrong turns it,
it has a limit, and it is over when traffic is home.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from verdigris.core.deployment import Deployment, Drill
from verdigris.core.world import Slot, Unknown
from verdigris.engine.loop import Engine, Tick
from verdigris.testing.host import Host, Nature
from verdigris.testing.invariants import Violation, Witness
from verdigris.testing.memory_store import MemoryStore

__all__ = ["Drilling"]

CLEAR = 4
"""Rounds in which somebody could see the old slot fail everything: one is enough, the others are for a late start."""


@dataclass
class Drilling:
    """Sees every drill from its beginning to its end. `ended` counts what became of them."""

    host: Host
    store: MemoryStore
    witness: Witness
    ended: Counter[str] = field(default_factory=Counter)
    last: Deployment | None = None
    by: Engine | None = None
    dead: bool = False
    failing: bool = False
    failing_for: int = 0

    @property
    def under_way(self) -> Drill | None:
        """The drill that has not turned yet, as it is stored."""
        d = self.deployment()
        return d.drill if d is not None and d.drill is not None and d.drill.turned is None else None

    def deployment(self) -> Deployment | None:
        return self.store.newest_deployment(self.witness.app)

    def before(self) -> None:
        """Before a round, in which the host stands still: how the old slot really is."""
        self.last = d = self.deployment()
        if d is None or d.drill is None:
            return
        host, old = self.host, d.live
        self.dead = not any(body.alive for body in host.places[old].bodies)
        enough = host.routing.weights[old] >= 50 and host.streaks[old] >= 2 * self.witness.policy.dead_streak
        self.failing = enough and host.fell_back is None and host.streaks[old.other] == 0

    def step(self, engine: Engine, tick: Tick | None) -> None:
        """After a round: what may have become of the drill."""
        before, d = self.last, self.deployment()
        if before is None or d is None:
            return
        if before.drill is None and d.drill is not None and d.id == before.id:
            self.begins(d)
            self.by = engine
        if before.drill is not None and d.id == before.id and d.drill is None:
            self.ends(before, d)
        self.turned_in_time(before, d, engine, tick)

    def begins(self, d: Deployment) -> None:
        need = self.witness.policy.instances
        fit = d.phase == "stabilize" and min(self.witness.able(d, slot) for slot in Slot) >= need
        self.require(fit and not d.held, "I2 gate", f"a drill begins in {d.phase}, held {d.held!r}")

    def ends(self, before: Deployment, d: Deployment) -> None:
        """Over in `stabilize` is over at home; where the deployment turned back meanwhile, that is what counts."""
        if d.phase == before.phase:
            what = f"the drill is over, the router says {self.witness.says}"
            self.require(self.witness.in_place(d), "I9 evidence", what)
        record = d.drilled if d.drilled != before.drilled else None
        self.ended["broken off" if record is None else "failed" if record.trouble else "works"] += 1

    def turned_in_time(self, before: Deployment, d: Deployment, engine: Engine, tick: Tick | None) -> None:
        """Whoever could decide in this round and write it down had to turn what was wrong."""
        drill = before.drill
        # Who was overtaken decided for nothing, and reads again.
        wrote = engine.loaded and not self.witness.refused()
        decided = wrote and tick is not None and tick.decision is not None
        if drill is None or drill.turned is not None or not decided or self.under_way is None:
            self.failing_for = self.failing_for if drill is not None and drill.turned is None else 0
            return
        assert tick is not None and tick.world is not None
        looked = not isinstance(tick.world.slots[d.live], Unknown)
        self.require(not (self.dead and looked), "I4 way back", f"{d.live} is dead and the drill goes on")
        clear = self.failing and not isinstance(tick.world.signals, Unknown)
        self.failing_for = self.failing_for + 1 if clear else 0
        self.require(self.failing_for < CLEAR, "I4 way back", f"{d.live} fails all, the drill goes on")
        late = self.host.now - drill.began >= self.limit and d.base == before.base == self.host.base
        self.require(not late, "I8 bounded", f"a drill began {self.host.now - drill.began:.0f} s ago")
        self.require(engine is self.by, "I3 single writer", "another controller carries the drill on")

    @property
    def limit(self) -> float:
        return self.witness.policy.drill_for + self.witness.policy.cutover_within

    def fall_ill(self, dice: random.Random) -> None:
        """The old release does what it never did while nobody needed it: it fails, or dies."""
        d = self.deployment()
        if d is None or d.previous is None or d.previous.digest not in self.host.natures:
            return
        if dice.random() < 0.5:
            self.host.natures[d.previous.digest] = Nature(error_rate=1.0)
        for body in self.host.places[d.live].bodies if dice.random() < 0.5 else ():
            self.host.die(body)

    def require(self, holds: bool, promise: str, what: str) -> None:
        if not holds:
            raise Violation(f"{promise}: {what}")
