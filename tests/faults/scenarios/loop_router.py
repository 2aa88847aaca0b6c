"""The router is changed by hand, cannot be reached, does not answer, lies, lags behind: over the simulated host."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults.drama import BLUE, GREEN, POLICY, RAMP, Drama, said
from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from verdigris.core.policy import OnUnknown
from verdigris.core.world import Known, Reading, RouterWorld, Verb, Weights
from verdigris.testing.fakes import FakeRouter

row = tried_by("loop")

ROUTER = frozenset({"the router", "route"})
RAMPED = replace(POLICY, ramp=RAMP)


@row("F-19")
def a_change_by_hand_is_told_once_and_never_fought(ground: Ground) -> None:
    for phase in ("validate", "cutover", "bake", "stabilize"):
        drama = Drama(RAMPED).walk(phase)
        weights = Weights.share(GREEN, 30)
        drama.host.edited = drama.host.routing = replace(drama.host.routing, weights=weights)
        drama.host.generation = None
        alerts = len(drama.alerts)
        drama.play(60)
        assert (weights, phase) == (drama.host.routing.weights, drama.d.phase)
        assert alerts + 1 == len(drama.alerts)
        drama.ask(Verb.RESUME)
        assert "succeeded" == drama.end()


# --- it cannot be reached -------------------------------------------------------------------------------------


@row("F-22")
def before_the_switch_it_cannot_be_reached(ground: Ground) -> None:
    for choice, phase, ending in (
        (OnUnknown.HOLD, "validate", "succeeded"),
        (OnUnknown.ABORT, "abort", "aborted"),
    ):
        drama = Drama(replace(POLICY, before_cutover=choice, unknown_for=30.0)).walk("validate")
        drama.script.dark = ROUTER
        drama.play(45)
        assert (phase, 0) == (drama.d.phase, drama.weights.green)
        assert said("validate stands still", drama.alerts)
        drama.script.dark = frozenset()
        assert ending == drama.end()


@row("F-24")
def in_the_middle_of_a_ramp_it_cannot_be_reached(ground: Ground) -> None:
    drama = Drama(RAMPED).walk("cutover")
    drama.script.dark = ROUTER
    drama.play(60)
    assert ("cutover 10", 10) == (drama.way[-1], drama.weights.green)
    assert said("cutover stands still, waiting for", drama.alerts)
    drama.host.natures[drama.d.release.digest] = replace(
        drama.host.natures[drama.d.release.digest], error_rate=1.0
    )
    drama.until(lambda: drama.d.phase == "restore", "the wish to go back", 15)
    assert 10 == drama.weights.green
    drama.script.dark = frozenset()
    drama.play()
    assert 0 == drama.weights.green
    assert "rolled_back" == drama.end()


# --- what became of an order ----------------------------------------------------------------------------------


@row("F-23")
def the_answer_to_an_order_is_lost(ground: Ground) -> None:
    """Done or not, it is unknown until the router can be read again; then it is what the router says."""
    for done in (True, False):
        drama = Drama(RAMPED).walk("validate")
        drama.script.lost, drama.script.deaf = frozenset({"route"}), frozenset() if done else {"route"}
        drama.until(lambda drama=drama: drama.d.phase == "cutover", "the switch")
        drama.script.dark = ROUTER
        drama.play(30)
        assert ("cutover", 0) == (drama.d.phase, drama.d.step)
        drama.script.dark, drama.script.lost, drama.script.deaf = frozenset(), frozenset(), frozenset()
        drama.play(2)
        assert 10 == drama.weights.green
        assert "succeeded" == drama.end()


@row("F-26")
def it_says_yes_and_does_nothing(ground: Ground) -> None:
    drama = Drama().walk("validate")
    drama.script.deaf = frozenset({"route"})
    drama.play(30)
    assert ("cutover", 0) == (drama.d.phase, drama.weights.green), drama.way
    drama.script.deaf = frozenset()
    assert "succeeded" == drama.end()


@row("F-26")
def it_says_what_it_was_told_and_sends_requests_elsewhere(ground: Ground) -> None:
    drama = Drama().walk("validate")
    drama.host.old_worker, drama.host.old_worker_until = drama.host.routing, float("inf")
    route = drama.host.route

    def as_before(routing: Any, generation: int) -> None:
        before = drama.host.old_worker
        route(routing, generation)
        drama.host.old_worker = before

    drama.host.route = as_before
    drama.play(30)
    assert ("cutover", Weights.share(GREEN, 100)) == (drama.d.phase, drama.host.routing.weights), drama.way
    drama.host.old_worker, drama.host.route = None, route
    assert "succeeded" == drama.end()


@dataclass
class Behind(FakeRouter):
    """A router whose answers are some seconds old, as those of clouds are: what is read is what was."""

    seconds: float = 4.0
    past: list[tuple[float, Reading]] = field(default_factory=list)

    async def observe(self) -> RouterWorld:
        seen, now = await super().observe(), self.host.now
        assert isinstance(seen.reading, Known)
        self.past.append((now, seen.reading.value))
        old = [reading for at, reading in self.past if at <= now - self.seconds] or [self.past[0][1]]
        return replace(seen, reading=Known(old[-1], now))


@row("F-27")
def what_it_shows_is_some_seconds_old(ground: Ground) -> None:
    for seconds in (2.0, 4.0, 8.0):
        drama = Drama(RAMPED)
        drama.parts = replace(
            drama.parts, router=Behind(drama.host, drama.chaos, drama.parts.router.hooks, seconds=seconds)
        )
        drama.engine = drama.new_engine()
        drama.walk("stabilize")
        assert [10, 50, 100] == [*dict.fromkeys(share for share in shares(drama) if share)]
        assert ([], "succeeded") == (drama.alerts, drama.end())


def shares(drama: Drama) -> list[int]:
    return [int(now.rpartition(" ")[2]) for now in drama.way]


# --- turning back while something is under way ----------------------------------------------------------------


@row("F-37")
def a_rollback_while_the_old_slot_drains(ground: Ground) -> None:
    drama = Drama().walk("cutover")
    drama.host.held[BLUE] = 3
    drama.until(lambda: drama.d.phase == "drain", "the drain")
    asked = drama.ask(Verb.ROLLBACK)
    drama.play()
    assert (True, "rollback accepted") == drama.answer(asked)
    assert (100, 2) == (drama.weights.blue, drama.alive(BLUE))
    drama.host.held[BLUE] = 0
    assert "rolled_back" == drama.end()


@row("F-38")
def a_rollback_while_an_order_forward_is_on_its_way(ground: Ground) -> None:
    """It arrives seconds later, after the rollback: the router refuses it, for it has a newer stamp."""
    drama = Drama(RAMPED).walk("cutover")
    arrive, router = drama.parts.router.arrive, drama.parts.router
    under_way: list[tuple[Any, int]] = []
    router.arrive = lambda routing, generation: under_way.append((routing, generation))
    drama.until(lambda: bool(under_way), "an order that is on its way")
    router.arrive = arrive
    drama.ask(Verb.ROLLBACK)
    drama.play()
    assert (0, "restore") == (drama.weights.green, drama.d.phase)
    for order in under_way:
        router.arrive(*order)
    drama.play()
    assert 0 == drama.weights.green
    assert "rolled_back" == drama.end()
