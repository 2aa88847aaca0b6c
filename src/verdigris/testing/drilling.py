"""The promises of a drill, checked against the truth: it begins between two good slots, whatever goes wrong turns it,
it has a limit, and it is over when traffic is home. What it found out is remembered even where it is cut off.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field

from verdigris.core.deployment import Deployment, Drill, Outcome
from verdigris.core.world import SLOTS, Known, Unknown, World
from verdigris.engine.loop import Engine, Tick
from verdigris.testing.host import Host, Nature
from verdigris.testing.invariants import require
from verdigris.testing.memory_store import MemoryStore
from verdigris.testing.truth import Truth

__all__ = ["Drilling"]

HANGS, HANGS_ON = 5.5, 3.5
"""Seconds until anybody can see that the old slot answers nobody, and those for which that has to be seen."""
HUNG = 100
"""Requests without an answer that are too many for any policy and any share."""
CLEAR = 4
"""Rounds in which somebody could see the old slot fail everything: one is enough, the others are for a late start."""


@dataclass
class Drilling:
    """Sees every drill from its beginning to its end. `ended` counts what became of them."""

    host: Host
    store: MemoryStore
    truth: Truth
    ended: Counter[str] = field(default_factory=Counter)
    last: Deployment | None = None
    by: Engine | None = None
    dead: bool = False
    failing: bool = False
    failing_for: int = 0
    hangs: bool = False
    hangs_since: float | None = None
    hangs_seen: float | None = None
    hung_before: int = 0

    @property
    def drill(self) -> Drill | None:
        """The drill that is not over yet, as it is stored."""
        d = self.deployment()
        return d.drill if d is not None else None

    @property
    def under_way(self) -> Drill | None:
        """The same while it has not turned."""
        drill = self.drill
        return drill if drill is not None and drill.turned is None else None

    def deployment(self) -> Deployment | None:
        return self.store.newest_deployment(self.truth.app)

    def before(self) -> None:
        """Before a round, in which the host stands still: how the old slot really is."""
        self.last = d = self.deployment()
        if d is None or d.drill is None:
            return
        host, old = self.host, d.live
        self.dead = not any(body.alive for body in host.places[old].bodies)
        enough = host.routing.weights[old] >= 50 and host.streaks[old] >= 2 * self.truth.policy.dead_streak
        self.hangs = (
            host.routing.weights[old] >= 50 and host.hanging[old] >= 5 * self.truth.policy.dead_streak
        )
        self.failing = enough and host.fell_back is None and host.streaks[old.other] == 0

    def step(self, engine: Engine, tick: Tick | None) -> None:
        """After a round: what may have become of the drill."""
        before, d = self.last, self.deployment()
        if before is None or d is None:
            return
        if before.drill is None and d.drill is not None and d.id == before.id:
            self.begins(d)
            self.by, self.hung_before = engine, self.host.hanging[d.live]
        if before.drill is not None and d.id == before.id and d.drill is None:
            self.ends(before, d)
        if before.drill is not None and d.drill is None:
            self.remembered(before, before.drill, d)
        self.turned_in_time(before, d, engine, tick)

    def begins(self, d: Deployment) -> None:
        need = self.truth.policy.instances
        fit = d.phase == "stabilize" and min(self.truth.able(d, slot) for slot in SLOTS) >= need
        require(fit and not d.held, "I2 gate", f"a drill begins in {d.phase}, held {d.held!r}")

    def ends(self, before: Deployment, d: Deployment) -> None:
        """Over in `stabilize` is over at home; where the deployment turned back meanwhile, that is what counts."""
        if d.phase == before.phase:
            what = f"the drill is over, the router says {self.truth.says}"
            require(self.truth.in_place(d), "I9 evidence", what)
        record = d.drilled if d.drilled != before.drilled else None
        hung = self.host.hanging[before.live] - self.hung_before
        fair = record is not None and record.unanswered is not None and not record.failed[d.candidate]
        what = f"{hung} requests never came back, remembered is {record}"
        require(not fair or hung < HUNG or bool(record and record.trouble), "I9 evidence", what)
        self.ended["broken off" if record is None else "failed" if record.trouble else "works"] += 1

    def remembered(self, before: Deployment, drill: Drill, d: Deployment) -> None:
        """What failed is told by whatever came instead; what never turned home is no success."""
        failed = drill.turned is not None and drill.outcome is Outcome.FAILED
        known = d.drilled is not None and d.drilled.trouble != ""
        require(known or not failed, "I11 audit", f"a drill failed ({drill.why}), remembered is {d.drilled}")
        # One that nobody could write down may have turned unseen: then it bears when it was home.
        home = drill.turned is not None or (d.drilled is not None and d.drilled.back is not None)
        require(
            known or home or d.drilled == before.drilled,
            "I9 evidence",
            f"a drill that was cut off is taken for {d.drilled}",
        )

    def turned_in_time(self, before: Deployment, d: Deployment, engine: Engine, tick: Tick | None) -> None:
        """Whoever could decide in this round and write it down had to turn what was wrong."""
        drill = before.drill
        # Who was overtaken decided for nothing, and reads again.
        wrote = engine.ledger.loaded and not self.truth.refused()
        # What a newer version wrote is not even understood.
        decided = wrote and tick is not None and tick.decision is not None and tick.decision.understood
        if drill is None or drill.turned is not None or not decided or self.under_way is None:
            self.failing_for = self.failing_for if drill is not None and drill.turned is None else 0
            self.hangs_since = self.hangs_seen = None
            return
        assert tick is not None and tick.world is not None
        looked = not isinstance(tick.world.slots[d.live], Unknown)
        require(not (self.dead and looked), "I4 way back", f"{d.live} is dead and the drill goes on")
        clear = self.failing and not isinstance(tick.world.signals, Unknown)
        self.failing_for = self.failing_for + 1 if clear else 0
        require(self.failing_for < CLEAR, "I4 way back", f"{d.live} fails all, the drill goes on")
        self.not_hanging(before, d, tick.world)
        late = self.host.now - drill.began >= self.limit and d.base == before.base == self.host.base
        require(not late, "I8 bounded", f"a drill began {self.host.now - drill.began:.0f} s ago")
        require(engine is self.by, "I3 single writer", "another controller carries the drill on")

    def not_hanging(self, before: Deployment, d: Deployment, w: World) -> None:
        """An old slot that answers nobody turns a drill, once that could be seen for long enough."""
        seen = (w.signals, *(w.router.in_flight[slot] for slot in SLOTS))
        known = not any(isinstance(one, Unknown) for one in seen) and before.routed == d.routed
        fresh = isinstance(w.signals, Known) and w.signals.value[-1:] == tuple(self.host.seconds)[-1:]
        counted = (
            d.drill is not None and d.drill.inside is not None and not any(s.lost for s in self.host.seconds)
        )
        if not (self.hangs and known and fresh and counted):
            self.hangs_since = self.hangs_seen = None
            return
        now = self.host.now
        self.hangs_since = now if self.hangs_since is None else self.hangs_since
        if self.hangs_seen is None and now - self.hangs_since >= HANGS:
            self.hangs_seen = now
        since = now - self.hangs_seen if self.hangs_seen is not None else 0.0
        require(since < HANGS_ON, "I4 way back", f"{d.live} hangs, seen for {since:.0f} s, the drill goes on")

    @property
    def limit(self) -> float:
        return self.truth.policy.drill_for + self.truth.policy.cutover_within

    def fall_ill(self, dice: random.Random) -> None:
        """The old release does what it never did while nobody needed it: it fails, hangs, or dies."""
        d = self.deployment()
        if d is None or d.previous is None or d.previous.digest not in self.host.natures:
            return
        ill = dice.choice((Nature(error_rate=1.0), Nature(hangs=True), Nature(hangs=True), None))
        if ill is not None:
            self.host.natures[d.previous.digest] = ill
        for body in self.host.places[d.live].bodies if ill is None else ():
            self.host.die(body)
