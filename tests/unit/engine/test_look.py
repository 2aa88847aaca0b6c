"""A look at a real pace: what is slow becomes unknown, and costs nobody else anything."""

import asyncio
from dataclasses import replace

import pytest

from tests.unit.engine.engines import BLUE, GREEN, a_house
from verdigris.core.errors import ActionError, ObservationError
from verdigris.core.outcomes import Came, Outcomes, Poll
from verdigris.core.world import Known, PerSlot, Unknown
from verdigris.engine import look as looking
from verdigris.engine.look import answer, blind_router, blind_slots, look
from verdigris.engine.loop import Engine
from verdigris.engine.parts import in_turn, within

SOON = 0.05


class Silent:
    """An adapter that never answers."""

    async def observe(self, *of):
        await asyncio.Event().wait()

    async def check(self, release, count):
        await asyncio.Event().wait()


async def soon(work, seconds, what):
    """The real deadline, with less patience."""
    return await within(work, min(seconds, SOON), what)


async def look_at(house, **changes):
    engine = house.new_engine(**changes)
    return await look(engine.parts, house.d, house.policy, (), asyncio.gather, soon)


@pytest.mark.parametrize("part", ["router", "environment", "signals", "schema", "rehearser"])
async def test_a_slow_part_is_unknown_and_the_others_are_seen(part):
    house = await a_house("bake")
    world = await look_at(house, **{part: Silent()})
    seen = {
        "router": world.router.reading,
        "environment": world.slots[BLUE],
        "signals": world.signals,
        "schema": world.schema,
    }
    for name, what in seen.items():
        assert isinstance(what, Unknown) == (name == part), name
    if part != "rehearser":
        assert "did not answer within 0.05 s" in seen[part].why


async def test_parts_are_looked_at_side_by_side():
    """Each waits for all the others: one after another they would never come back."""
    house = await a_house("bake")
    everybody = asyncio.Barrier(3)

    class Meeting:
        async def observe(self):
            await everybody.wait()
            raise ObservationError("they met")

    engine = house.new_engine(router=Meeting(), environment=Meeting(), signals=Meeting())
    world = await look(engine.parts, house.d, house.policy, (), asyncio.gather, within)
    met = Unknown("they met")
    assert (met, met, met) == (world.router.reading, world.slots[GREEN], world.signals)


async def test_a_round_with_a_slow_part_decides_all_the_same():
    house = await a_house("bake")
    parts = house.new_engine(signals=Silent()).parts
    engine = Engine(house.engine.app, parts, deadline=soon)
    tick = await engine.tick()
    assert "a verdict: no request counts: the request counts did not answer within 0.05 s" in (
        tick.decision.waiting_for
    )


async def test_an_effect_that_hangs_is_given_up_and_told():
    house = await a_house("validate")

    class Hanging:
        def __init__(self, inner):
            self.inner = inner

        async def observe(self):
            return await self.inner.observe()

        async def apply(self, routing, generation):
            await asyncio.Event().wait()

    engine = Engine(
        house.engine.app, house.new_engine(router=Hanging(house.parts.router)).parts, deadline=soon
    )
    for _ in range(4):
        house.host.advance(1.0)
        await engine.tick()
    failures = {event.sentence for event in house.memory.log if event.kind == "failed"}
    assert {"route: route did not answer within 0.05 s"} == failures


async def test_a_notifier_that_hangs_does_not_hold_up_the_way_back():
    house = await a_house("bake")

    class Hanging:
        async def notify(self, alert):
            await asyncio.Event().wait()

    engine = Engine(house.engine.app, house.new_engine(notifier=Hanging()).parts, deadline=soon)
    house.host.places[GREEN].bodies[0].alive = False
    house.host.places[GREEN].bodies[0].restart_at = 1e12
    await engine.tick()
    assert 100 == house.host.routing.weights[BLUE]
    await engine.tick()
    assert any("nobody was told: the notifier did not answer" in event.sentence for event in house.memory.log)


async def test_within_hands_on_what_comes_in_time():
    async def quick():
        return 7

    assert 7 == await within(quick(), 5.0, "the answer")


async def test_within_ends_what_does_not():
    ended = []

    async def slow():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(ObservationError, match="the router did not answer within 0.05 s"):
        await within(slow(), SOON, "the router")
    assert [True] == ended


async def test_within_does_not_swallow_what_goes_wrong():
    async def wrong():
        raise ActionError("the socket is gone")

    with pytest.raises(ActionError, match="the socket is gone"):
        await within(wrong(), 5.0, "the router")


async def test_in_turn_asks_one_after_another_and_leaves_nobody_waiting():
    asked = []

    async def ask(name):
        asked.append(name)
        if name == "second":
            raise ObservationError("no")
        return name

    with pytest.raises(ObservationError):
        await in_turn(ask("first"), ask("second"), ask("third"))
    assert ["first", "second"] == asked


async def test_what_cannot_be_seen_says_why():
    async def refuses():
        raise ObservationError("permission denied")

    assert Unknown("permission denied") == await answer(refuses, soon, "the counts", Unknown)


def test_a_blind_look_knows_nothing_and_says_why():
    router, slots = blind_router("it is gone"), blind_slots("it is gone")
    unknown = Unknown("it is gone")
    assert (unknown, unknown, unknown) == (router.reading, router.in_flight[BLUE], router.front)
    assert (unknown, unknown) == (slots[BLUE], slots[GREEN])


async def test_the_checklist_is_gone_through_in_preflight_only():
    house = await a_house("bake")
    assert isinstance((await look_at(house)).checklist, Unknown)
    house = await a_house()
    house.ship("2.0")
    tick = await house.tick()
    assert isinstance(tick.world.checklist, Known)


async def test_what_is_not_configured_is_unknown():
    house = await a_house("bake")
    world = await look_at(house, schema=None, rehearser=None)
    assert (Unknown("not configured"), Unknown("not configured")) == (world.schema, world.rehearsal)


def test_an_adapter_has_a_few_seconds():
    assert 1.0 <= looking.LOOK_WITHIN <= 5.0


# --- a source of outcomes -------------------------------------------------------------------------------------


class Source:
    """Says what it is told to say."""

    def __init__(self, outcomes):
        self.outcomes = outcomes

    async def observe(self):
        return self.outcomes


def counted(house, *polls, asked=True, blue=None):
    seen = Known("", house.host.now)
    return Source(Outcomes(polls, PerSlot(blue or seen, seen), asked))


async def test_without_a_source_nobody_asks_what_users_get():
    world = await look_at(await a_house("bake"))
    assert world.outcomes is None


async def test_what_a_source_says_stands_in_its_second():
    house = await a_house("bake")
    at = int(house.host.seconds[-1].at)
    world = await look_at(house, source=counted(house, Poll(at, PerSlot(Came(9, 1), Came(5, 0)))))
    told = [s for s in world.signals.value if s.slots[GREEN].good is not None]
    assert [(at, 9, 1, 5, 0)] == [
        (int(s.at), s.slots[BLUE].good, s.slots[BLUE].bad, s.slots[GREEN].good, s.slots[GREEN].bad)
        for s in told
    ]
    assert world.outcomes[GREEN] == Known("", house.host.now)


async def test_a_source_that_fails_is_unknown_and_the_requests_are_seen():
    house = await a_house("bake")
    world = await look_at(house, source=Silent())
    assert "the source of outcomes did not answer within 0.05 s" == world.outcomes[BLUE].why
    assert isinstance(world.signals, Known)


async def look_in_preflight(house, source, **changes):
    d = replace(house.d, phase="preflight", **changes)
    return await look(house.new_engine(source=source).parts, d, house.policy, (), asyncio.gather, soon)


async def test_preflight_waits_for_the_first_answer_of_a_source_and_fails_without_one():
    house = await a_house("bake")
    never = PerSlot(Unknown("the query returned nothing"), Unknown("the query returned nothing"))
    waiting = await look_in_preflight(house, Source(Outcomes((), never, asked=False)))
    assert isinstance(waiting.checklist, Unknown)
    failed = await look_in_preflight(house, Source(Outcomes((), never, asked=True)))
    assert ("signals", False) == (failed.checklist.value[-1].name, failed.checklist.value[-1].passed)
    passed = await look_in_preflight(house, counted(house))
    assert all(check.passed for check in passed.checklist.value)


async def test_preflight_waits_while_a_source_that_counted_once_is_not_heard_any_more():
    house = await a_house("bake")
    long_ago = house.host.now - 3600.0
    gone = PerSlot(Known("it answered 503", long_ago), Known("it answered 503", long_ago))
    waiting = await look_in_preflight(house, Source(Outcomes((), gone, asked=True)))
    assert Unknown("nobody counts what users get in blue: it answered 503") == waiting.checklist


async def test_a_deployment_whose_source_never_counted_ends_before_anything_starts():
    house = await a_house()
    never = PerSlot(Unknown("the query returned nothing"), Unknown("the query returned nothing"))
    house.engine = house.new_engine(source=Source(Outcomes((), never, asked=True)))
    house.ship("2.0")
    await house.until(lambda: house.d.phase == "aborted")
    assert "nobody counts what users get: the query returned nothing" == house.d.cause
    assert not any("provision" in effect for effect in house.told)


async def test_a_first_deployment_has_nothing_to_be_counted_yet():
    house = await a_house("bake")
    world = await look_in_preflight(house, counted(house, asked=False), previous=None)
    assert isinstance(world.checklist, Known)
