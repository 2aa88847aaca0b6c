"""What moves the schema fails, breaks off or comes too early: over the simulated host."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.drama import BLUE, GREEN, POLICY, Drama, said
from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from tests.unit.engine.engines import Plain
from verdigris.core.world import Proven
from verdigris.testing.changes import Change

row = tried_by("loop")

MOVING = replace(POLICY, expand=True, contract=True, expand_within=30.0, prove_within=30.0, gate_within=30.0)


class Moving(Drama):
    """Every release moves the schema. The database is one in which everything works, but for what a scenario says."""

    def some_parts(self):
        self.host.production = Plain()
        return super().some_parts()

    def brings(self, change: Change) -> Moving:
        """What the next release changes."""
        self.host.production.changes[f"1.{self.releases + 1}"] = change
        return self

    def change(self) -> Change:
        return self.host.production.change(self.d.release.digest)


@row("F-91")
def the_schema_is_not_contracted_while_the_old_release_runs(ground: Ground) -> None:
    """Nor while somebody is connected as the old slot, whether its instances are gone or not."""
    drama = Moving(MOVING).walk("stabilize")
    drama.host.visits[BLUE] = [(0.0, drama.host.now + 60.0)]
    seen = []
    while drama.d.phase != "succeeded" and len(seen) < 200:
        drama.play()
        seen.append((drama.change().contracted, drama.alive(BLUE) + drama.host.sessions(BLUE)))
    assert (True, 0) == seen[-1]
    assert not [left for contracted, left in seen if contracted and left]


@row("F-92")
def expanding_fails_and_the_deployment_gives_up(ground: Ground) -> None:
    """No traffic has moved, the old release serves as before, and the next deployment may try again."""
    drama = Moving(MOVING).brings(Change(fails={"expand": 1000})).walk("expand")
    assert "aborted" == drama.end()
    assert (100, 0, False) == (drama.weights.blue, drama.alive(GREEN), drama.change().expanded)
    assert said("expand took longer than 30 s", [drama.d.cause])


@row("F-92")
def expanding_fails_for_a_while_and_is_tried_again(ground: Ground) -> None:
    drama = Moving(MOVING).brings(Change(fails={"expand": 2})).walk("expand")
    assert "succeeded" == drama.end()


@row("F-93")
def what_would_break_the_old_release_is_not_carried_out(ground: Ground) -> None:
    """It is refused in preflight; and a candidate that the schema does not serve gets no traffic."""
    for question, before in (("keeps", "preflight"), ("serves", "gate")):
        drama = Moving(MOVING)
        papers = drama.host.production.asked("d-2", "1.2")
        papers.truth[question] = Proven.DISPROVEN
        drama.walk(before)
        assert "aborted" == drama.end()
        assert (100, question == "serves") == (drama.weights.blue, drama.change().expanded)
        assert said("the expanded schema is not proven to serve", [drama.d.cause])
