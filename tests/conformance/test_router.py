"""Every router that we ship keeps what a router has to keep, and the suite finds those that do not."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from load import Call, Load, Plan
from tests.conformance import faulty_routers as faulty
from tests.conformance.fake_street import FakeStreet
from tests.conformance.haproxy_street import HaproxyStreet
from tests.waiting import eventually
from verdigris.core.errors import VerdigrisError
from verdigris.core.world import Slot
from verdigris.testing.conformance import router, router_faults, router_pause, router_streams
from verdigris.testing.conformance.router import CHECKS, Check, Scene
from verdigris.testing.conformance.router_scene import all_on, told

SWITCHES = 100


@asynccontextmanager
async def faked(directory: Path) -> AsyncIterator[Scene]:
    yield FakeStreet()


@asynccontextmanager
async def haproxy(directory: Path) -> AsyncIterator[HaproxyStreet]:
    street = HaproxyStreet(directory / "router")
    try:
        await street.open()
        yield street
    finally:
        await street.close()


@pytest.mark.parametrize("make", [faked, haproxy], ids=["fake", "haproxy"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_a_router_keeps_that(check: Check, make, tmp_path: Path):
    async with make(tmp_path) as scene:
        await check(scene)


@pytest.mark.parametrize("keep_alive", [True, False], ids=["keep-alive", "new connections"])
async def test_a_hundred_switches_under_load_fail_no_request(keep_alive: bool, tmp_path: Path):
    async with haproxy(tmp_path) as street:
        await told(street, all_on(street, Slot.BLUE), 1)
        calls = (Call.parse("3 GET /"), Call.parse("1 POST / 4096"))
        load = Load(Plan(url=street.front, rate=400.0, calls=calls, keep_alive=keep_alive))
        await load.start()
        served = [await switched(street, load, generation) for generation in range(2, SWITCHES + 2)]
        result = await load.stop()
    assert (0, ()) == (result.failed, result.failures[:5])
    assert result.requests == sum(app.served for app in street.apps), "each was served once"
    assert [] == [
        record for begun, over, slot in served for record in result.records
        if begun < record.sent and record.received < over and record.slot != slot
    ]  # fmt: skip


async def switched(street: HaproxyStreet, load: Load, generation: int) -> tuple[float, float, Slot]:
    """Switch, and wait until a later request was answered: from when to when which slot has to serve."""
    slot = list(Slot)[generation % 2]
    await told(street, all_on(street, slot), generation)
    begun = time.monotonic()
    await eventually(lambda: load.records and load.records[-1].sent > begun, f"an answer after {generation}")
    return begun, time.monotonic(), slot


# --- the suite itself -----------------------------------------------------------------------------------------


async def complains(check: Check, double: type) -> bool:
    try:
        await check(FakeStreet(double))
    except (AssertionError, VerdigrisError):
        return True
    return False


@pytest.mark.parametrize("double", [faulty.Lying, faulty.Slow])
async def test_nothing_is_found_right_with_a_router_that_lies_or_is_late(double):
    assert [] == [check.__name__ for check in CHECKS if not await complains(check, double)]


@pytest.mark.parametrize(
    ("double", "check"),
    [
        (faulty.Unfenced, router.an_older_generation_is_a_conflict_and_changes_nothing),
        (faulty.Half, router.what_is_told_is_read_back),
        (faulty.Remembering, router.an_edit_by_hand_does_not_bear_our_stamp),
        (faulty.Remembering, router_faults.the_other_slot_jumps_in_by_itself_and_stays),
        (faulty.Clinging, router.a_member_that_is_taken_out_gets_nothing),
        (faulty.Forgetful, router.requests_are_counted_until_they_end_though_traffic_has_moved),
        (faulty.Credulous, router.an_impostor_is_not_taken_for_the_release),
        (faulty.Blind, router.the_front_answer_says_who_answered),
        (faulty.Hopeful, router_faults.an_unreachable_router_is_unknown_and_never_zero),
        (faulty.Stubborn, router_faults.telling_it_again_ends_the_fallback),
        (faulty.Helpful, router_faults.nobody_jumps_in_who_may_not),
        (
            faulty.Impatient,
            router_pause.requests_wait_while_it_is_paused_and_are_served_when_it_is_over,
        ),
        (faulty.Impatient, router_pause.in_maintenance_nobody_reaches_a_member),
        (faulty.Careless, router_streams.what_lasts_outlives_a_switch_and_is_counted_apart),
        (faulty.Obedient, router_streams.what_lasts_in_a_slot_that_serves_is_left_alone),
        (faulty.Obedient, router_streams.an_older_generation_ends_nothing),
        (faulty.Obedient, router_streams.weight_for_the_slot_stops_the_closing),
        (faulty.Discreet, router_streams.what_lasts_is_ended_when_that_is_asked_for_and_counted),
    ],
    ids=lambda one: one.__name__,
)
async def test_a_broken_promise_is_found_by_its_check(double, check: Check):
    assert await complains(check, double)
