"""The controller dies, is started again and again, is asked to stop, is away, hangs: over the simulated host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults.drama import BLUE, GREEN, POLICY, RAMP, Drama
from tests.faults.ground import Ground
from tests.faults.registry import calling, tried_by
from tests.unit.engine import test_ledger, test_service
from tests.unit.engine.engines import a_house
from tests.waiting import eventually
from verdigris.core.policy import Step
from verdigris.core.world import Routing, Weights
from verdigris.engine.service import Service
from verdigris.testing.fakes import FakeRouter
from verdigris.testing.host import Nature

row = tried_by("loop")

BRIEF = replace(
    POLICY, ramp=(Step(10, 2.0), Step(100, 0.0)), drain=3.0, bake=4.0, stabilize=5.0, judge_over=4.0
)
FATES: dict[str, dict[str, Any]] = {
    "succeeded": {},
    "rolled_back": {"error_rate": 0.5, "turns_bad_after": 3.0},
    "aborted": {"healthy": False},
}
"""How a deployment ends, and the nature of a release that ends so."""


# --- killed ---------------------------------------------------------------------------------------------------


def whole(ending: str, dies_at: int | None = None) -> Drama:
    """A deployment from its beginning to its end, with a death at this point."""
    drama = Drama(BRIEF, dies_at=dies_at)
    drama.ship(Nature(**FATES[ending]))
    drama.end()
    return drama


def dies_everywhere(when: Callable[[str], bool]) -> int:
    """Killed at each such point of each way that a deployment can go, it always ends as it would have."""
    tried = 0
    for ending in FATES:
        points = whole(ending).script.points
        for number in [number for number, moment in enumerate(points) if when(moment)]:
            drama = whole(ending, number)
            serving = GREEN if drama.weights.green else BLUE
            found = (drama.d.phase, len(drama.host.places[serving].bodies))
            assert (ending, BRIEF.instances) == found, points[number]
            tried += 1
    return tried


@row("F-01")
def killed_before_every_call(ground: Ground) -> None:
    """Looks are calls too; of those the first of each kind has to do."""
    looks: set[str] = set()

    def first_or_no_look(moment: str) -> bool:
        known = moment in looks
        looks.update([moment] if " a look at " in moment else [])
        return moment.startswith("before") and not known

    assert 30 < dies_everywhere(first_or_no_look)


@row("F-02")
def killed_after_every_effect(ground: Ground) -> None:
    assert 10 < dies_everywhere(lambda moment: moment.startswith("after") and "save" not in moment)


@row("F-03")
def killed_after_every_save(ground: Ground) -> None:
    assert 20 < dies_everywhere(lambda moment: moment == "after save")


@row("F-04")
def killed_every_two_seconds_for_ten_minutes(ground: Ground) -> None:
    """What it saw in two seconds is not lost with it, so that it gets on; and no share is ever taken back."""
    ramp = (Step(10, 60.0), Step(50, 60.0), Step(100, 0.0))
    drama, shares = Drama(replace(POLICY, ramp=ramp)).walk("cutover"), []
    for _ in range(300):
        drama.engine = drama.new_engine()
        drama.play(2)
        shares.append(drama.weights.green)
    assert ({10, 50, 100}, sorted(shares)) == (set(shares), shares), drama.way
    assert "succeeded" == drama.d.phase, drama.way


# --- stopped --------------------------------------------------------------------------------------------------


@dataclass
class Deliberate:
    """The router of a house, which takes its time over an order until it is let go. With every look a second passes."""

    inner: FakeRouter
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def observe(self) -> Any:
        self.inner.host.advance(1.0)
        return await self.inner.observe()

    async def apply(self, routing: Routing, generation: int) -> None:
        self.begun.set()
        await self.go.wait()
        await self.inner.apply(routing, generation)


@row("F-05")
async def asked_to_stop_while_it_moves_traffic(ground: Ground) -> None:
    """The order that was begun is finished, and is what the store says; nothing else is begun."""
    house = await a_house("cutover", ramp=RAMP)
    router = Deliberate(house.parts.router)
    service = Service([house.new_engine(router=router)])
    running = asyncio.create_task(service.run())
    await eventually(router.begun.is_set, "an order to be given", 5.0)
    service.stop()
    assert (set(), {running}) == await asyncio.wait([running], timeout=0.1)
    router.go.set()
    await asyncio.wait_for(running, 5.0)
    assert Weights(50, 50) == house.host.routing.weights
    assert (house.d.routed.routing, house.d.generation) == (house.host.routing, house.host.generation)


# --- away -----------------------------------------------------------------------------------------------------


@row("F-06")
def nobody_looks_for_a_week(ground: Ground) -> None:
    """What was counted before counts on, and the old slot has been there all the time."""
    for phase in ("bake", "stabilize"):
        drama = Drama(replace(POLICY, bake=40.0, stabilize=40.0)).walk(phase)
        drama.until(lambda drama=drama: drama.d.lasted("good"), "some of it to be written down")
        drama.host.advance(100.0)
        drama.host.now += 600_000.0
        drama.engine = drama.new_engine()
        before = drama.d.lasted("good")
        drama.play(3)
        assert phase == drama.d.phase, drama.way
        assert before <= drama.d.lasted("good") < before + 10.0
        assert 2 == drama.alive(BLUE)


@row("F-10")
async def a_decision_that_was_overtaken_is_not_acted_on(ground: Ground) -> None:
    await test_ledger.test_of_two_controllers_one_writes()
    await test_ledger.test_nothing_is_done_when_somebody_else_wrote_and_the_next_round_reads_again()


row("F-09")(calling(test_service.test_a_bug_in_one_app_does_not_stop_another))


@row("F-21")
async def asked_for_twice_it_is_made_once(ground: Ground) -> None:
    house = await a_house()
    first = house.ship("2.0", key="from CI")
    await house.walk("provision")
    assert first == house.ship("2.0", key="from CI")
    await house.walk("succeeded")
    assert first == house.ship("2.0", key="from CI")
    await house.tick()
    assert ("d-2", "succeeded") == (house.d.id, house.d.phase)
