"""What counts, what is written down, what is asked for, who is told, and whom it keeps: over the simulated host."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from tests.faults.drama import GREEN, POLICY, RAMP, Drama, said
from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from tests.unit.engine.engines import APP, House, a_house, at_once
from tests.waiting import eventually
from verdigris.core.world import Known, Second, Unknown, Verb
from verdigris.engine.loop import Engine
from verdigris.engine.parts import in_turn, within
from verdigris.engine.service import Service
from verdigris.ports import Alert
from verdigris.testing.fakes import FakeClock
from verdigris.testing.host import Nature

row = tried_by("loop")

RAMPED = replace(POLICY, ramp=RAMP)


# --- what counts ----------------------------------------------------------------------------------------------


@row("F-65")
def the_counts_are_missing_or_empty_or_old(ground: Ground) -> None:
    """Time without counts of its own is no good time, whatever is missing of them, and a person is told."""
    for fate in ("missing", "empty", "old"):
        drama = Drama().walk("bake")
        drama.play(2)
        signals, counted = drama.parts.signals, drama.parts.signals.observe
        signals.observe = {"missing": nobody_counts, "empty": counts_of(drama, ()), "old": counts_of(drama)}[
            fate
        ]
        drama.play()
        before = drama.d.lasted("good")
        drama.play(60)
        assert ("bake", True) == (drama.d.phase, drama.d.lasted("good") <= before + 6.0), (fate, drama.way)
        assert said("bake stands still, waiting for", drama.alerts), (fate, drama.alerts)
        signals.observe = counted
        assert "succeeded" == drama.end()


async def nobody_counts() -> Any:
    return Unknown("the log stream is cut")


def counts_of(drama: Drama, seconds: tuple[Second, ...] | None = None) -> Any:
    """These seconds from now on, or those that there were."""
    kept = tuple(drama.host.seconds) if seconds is None else seconds

    async def observe() -> Any:
        return Known(kept, drama.host.now)

    return observe


@row("F-75")
def held_for_a_week(ground: Ground) -> None:
    drama = Drama().walk("bake")
    drama.play(3)
    drama.ask(Verb.HOLD)
    drama.play()
    before = drama.d.lasted("good")
    for _ in range(200):
        drama.host.now += 3000.0
        drama.play()
    assert ("bake", before) == (drama.d.phase, drama.d.lasted("good"))
    drama.ask(Verb.RESUME)
    drama.until(lambda: drama.d.lasted("good") > before, "evidence", 8)
    assert drama.d.lasted("good") < before + 8.0
    assert ("succeeded", 2) == (drama.end(), drama.alive(GREEN))


@dataclass
class Jumping(FakeClock):
    """The wall clock is off by so much from now on."""

    off: float = 0.0

    def wall(self) -> float:
        return super().wall() + self.off


@row("F-79")
def the_wall_clock_jumps_a_day(ground: Ground) -> None:
    """The way is the same to the second, whichever way it jumps and in whichever phase."""
    ways = set()
    for phase in ("provision", "cutover", "drain", "bake", "stabilize"):
        for off in (0.0, 86_400.0, -86_400.0):
            drama = Drama(RAMPED)
            clock = Jumping(drama.host)
            drama.parts = replace(drama.parts, clock=clock)
            drama.engine = drama.new_engine()
            drama.walk(phase)
            clock.off = off
            drama.until(lambda drama=drama: drama.d.phase == "succeeded", "the end")
            ways.add(tuple(drama.told))
    assert 1 == len(ways), ways


@row("F-80")
def the_machine_sleeps_in_the_middle_of_a_ramp(ground: Ground) -> None:
    drama = Drama(RAMPED).walk("cutover")
    drama.host.now += 7200.0
    drama.play(2)
    assert ("cutover", 10) == (drama.d.phase, drama.weights.green)
    assert drama.d.lasted("good") < 4.0
    assert "succeeded" == drama.end()


# --- what is asked for ----------------------------------------------------------------------------------------


@row("F-76")
def the_configuration_changes_in_the_middle(ground: Ground) -> None:
    """The next one gets it; this one only with a word, and not what would contradict where it stands."""
    drama = Drama(RAMPED).walk("cutover")
    kept = drama.memory.newest("api").policy
    drama.policy = replace(POLICY, bake=1.0, instances=3)
    refused = drama.ask(Verb.APPLY, policy=drama.policy)
    drama.play(2)
    assert (False, kept) == (drama.answer(refused)[0], drama.memory.newest("api").policy)
    fits = replace(RAMPED, bake=3.0)
    accepted = drama.ask(Verb.APPLY, policy=fits)
    drama.play()
    assert (True, fits) == (drama.answer(accepted)[0], drama.memory.newest("api").policy)
    assert "succeeded" == drama.end()
    drama.ship(Nature())
    drama.play(2)
    assert drama.policy == drama.memory.newest("api").policy


# --- what is written down -------------------------------------------------------------------------------------


@row("F-83")
def nothing_can_be_written_down(ground: Ground) -> None:
    """Forward nothing happens. Backward traffic goes first, and what was done is written down when there is room."""
    drama = Drama(RAMPED).walk("validate")
    drama.store.full = True
    effects = drama.witness.deeds.effects
    drama.play(30)
    assert (effects, "validate", 100) == (drama.witness.deeds.effects, drama.d.phase, drama.weights.blue)
    drama.store.full = False
    drama.until(lambda: drama.d.phase == "bake", "the bake")
    drama.store.full = True
    drama.ruin(GREEN)
    troubles = [(drama.play(), drama.engine.ledger.trouble) for _ in range(3)]
    assert (100, "bake") == (drama.weights.blue, drama.d.phase)
    assert said("without having written it down", [trouble for _, trouble in troubles])
    drama.store.full = False
    assert "rolled_back" == drama.end()


# --- whom it keeps --------------------------------------------------------------------------------------------


class Hanging:
    """A notifier that never answers."""

    async def notify(self, alert: Alert) -> None:
        await asyncio.Event().wait()


async def soon(work: Any, seconds: float, what: str) -> Any:
    return await within(work, min(seconds, 0.05), what)


@row("F-115")
async def whoever_is_told_hangs(ground: Ground) -> None:
    """The way back is done before anybody is told, and that nobody was told is written down."""
    house = await a_house("bake")
    house.engine = Engine(APP, replace(house.parts, notifier=Hanging()), deadline=soon)
    house.host.natures["2.0"] = Nature(error_rate=1.0)
    await house.until(lambda: house.host.routing.weights.blue == 100, 30)
    await house.tick()
    assert [True] == [
        "the notifier did not answer within" in e.sentence for e in house.memory.log if e.kind == "failed"
    ]


@row("F-116")
async def the_router_of_one_app_of_many_is_slow(ground: Ground) -> None:
    """Each app has its own loop: a thousand of them look twenty times while one waits for its router."""
    house = await a_house()
    slow = house.new_engine(router=Unreachable())
    counters = [Counting(house, f"app-{number}") for number in range(1000)]
    service = Service([slow, *counters])
    running = asyncio.create_task(service.run())
    for _ in range(20):
        seen = [counter.rounds for counter in counters]
        service.wake()
        await eventually(
            lambda seen=seen: all(c.rounds > n for c, n in zip(counters, seen, strict=True)), "all"
        )
    assert slow.ledger.trouble == ""
    running.cancel()
    await asyncio.wait([running])


class Unreachable:
    """A router that takes for ever."""

    async def observe(self) -> Any:
        await asyncio.Event().wait()

    apply = close_streams = observe


class Counting:
    """The loop of another app over the same fakes, which counts its rounds."""

    def __init__(self, house: House, app: str) -> None:
        self.app, self.rounds = app, 0
        self.engine = Engine(app, house.parts, together=in_turn, deadline=at_once)

    async def tick(self) -> Any:
        self.rounds += 1
        return await self.engine.tick()
