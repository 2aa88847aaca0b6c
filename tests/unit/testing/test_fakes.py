"""The fakes with loaded dice. What they are without is held by the conformance suites."""

from __future__ import annotations

import random

import pytest

from tests.unit.core.worlds import BLUE, GREEN, NEW, OLD, a_routing
from verdigris.core.errors import ActionError, Conflict, ObservationError
from verdigris.core.world import Known, Unknown, Weights
from verdigris.testing.chaos import KINDS, Chaos
from verdigris.testing.fakes import FakeClock, FakeEnvironment, FakeRouter, FakeSignals
from verdigris.testing.host import Body, Host, Nature

GREEN_TAKES_ALL = a_routing(Weights(0, 100))


def dice(**odds: float) -> Chaos:
    chaos = Chaos(random.Random(1), on=True)
    chaos.odds = dict.fromkeys(KINDS, 0.0) | odds
    return chaos


@pytest.fixture
def host() -> Host:
    found = Host(random.Random(1))
    found.natures |= {OLD.digest: Nature(), NEW.digest: Nature()}
    return found


@pytest.mark.parametrize(("fault", "done"), [("lost_before", False), ("lost_after", True)])
async def test_an_answer_can_be_lost_with_its_effect_or_without(host, fault, done):
    with pytest.raises(ActionError, match="route"):
        await FakeRouter(host, dice(**{fault: 1.0})).apply(GREEN_TAKES_ALL, 7)
    assert done is (GREEN_TAKES_ALL == host.routing)


async def test_a_late_apply_happens_later_and_never_over_a_newer_one(host):
    await FakeRouter(host, dice(late=1.0)).apply(a_routing(Weights(100, 0)), 7)
    assert 1 == len(host.pending)
    await FakeRouter(host, dice()).apply(GREEN_TAKES_ALL, 8)
    host.advance(60.0)
    assert (GREEN_TAKES_ALL, 8) == (host.routing, host.generation)


async def test_an_older_generation_is_a_conflict(host):
    router = FakeRouter(host, dice())
    await router.apply(GREEN_TAKES_ALL, 8)
    with pytest.raises(Conflict, match="generation 8, newer than 7"):
        await router.apply(GREEN_TAKES_ALL, 7)


async def test_a_look_can_be_lost(host):
    for fake in (FakeRouter, FakeEnvironment, FakeSignals):
        with pytest.raises(ObservationError, match="does not answer"):
            await fake(host, dice(lost_before=1.0)).observe()


async def test_blind_counters_are_unknown_and_never_zero(host):
    seen = await FakeRouter(host, dice(blind=1.0)).observe()
    counts = (seen.in_flight[BLUE], seen.long_lived[BLUE])
    assert any(isinstance(count, Unknown) for count in counts)
    assert isinstance(await FakeSignals(host, dice(blind=1.0)).observe(), Unknown)


async def test_a_slot_with_another_release_in_it_is_left_alone(host):
    environment = FakeEnvironment(host, dice())
    await environment.provision(GREEN, OLD, 1, 1, 1)
    with pytest.raises(ActionError, match=r"green has 1\.0 in it"):
        await environment.provision(GREEN, NEW, 1, 1, 2)


async def test_what_cannot_come_up_is_broken_and_says_so(host):
    host.natures[NEW.digest] = Nature(never_up=True)
    environment = FakeEnvironment(host, dice())
    await environment.provision(GREEN, NEW, 1, 1, 1)
    host.advance(60.0)
    seen = (await environment.observe())[GREEN]
    assert isinstance(seen, Known)
    assert not any(i.alive for i in seen.value.instances)


def test_the_clock_is_the_hosts(host):
    clock = FakeClock(host)
    before = clock.now(), clock.wall()
    host.advance(5.0)
    assert (5.0, 5.0) == (clock.now() - before[0], clock.wall() - before[1])


# --- what lasts -----------------------------------------------------------------------------------------------


async def test_long_lived_connections_are_shown_while_they_are_ended_and_how_many_were(host):
    router = FakeRouter(host, dice())
    await router.apply(GREEN_TAKES_ALL, 7)
    host.streams[BLUE] = 3
    host.places[BLUE].bodies.append(
        Body("blue-1", OLD.digest, "127.0.0.1:1", host.now, alive=True, queued=False)
    )
    await router.close_streams(BLUE, 7)
    assert frozenset({BLUE}) == (await router.observe()).closing
    host.advance(2.0)
    seen = await router.observe()
    assert (Known(1, host.now), 2) == (seen.long_lived[BLUE], seen.cut[BLUE])


async def test_those_of_a_slot_that_serves_are_left_alone(host):
    router = FakeRouter(host, dice())
    await router.apply(GREEN_TAKES_ALL, 7)
    with pytest.raises(ActionError, match="green serves"):
        await router.close_streams(GREEN, 7)
    host.fell_back = BLUE
    with pytest.raises(ActionError, match="blue serves"):
        await router.close_streams(BLUE, 7)


async def test_an_older_generation_ends_none(host):
    router = FakeRouter(host, dice())
    await router.apply(GREEN_TAKES_ALL, 7)
    with pytest.raises(Conflict):
        await router.close_streams(BLUE, 6)


async def test_a_slot_that_is_torn_down_takes_them_with_it_and_that_is_remembered(host):
    environment = FakeEnvironment(host, dice())
    await environment.provision(GREEN, NEW, 1, 1, 1)
    host.streams[GREEN] = 3
    await environment.tear_down(GREEN, 2)
    assert ([(3, "torn down")], 0) == ([(cut.count, cut.why) for cut in host.cuts], host.streams[GREEN])
