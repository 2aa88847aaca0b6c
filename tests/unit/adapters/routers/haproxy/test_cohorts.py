"""Who sees the new version: the same users all through a deployment, others in the next."""

import pytest

from tests.unit.adapters.routers.haproxy.test_fronts import served
from verdigris.adapters.routers.haproxy import Identity
from verdigris.core.world import Cohort, Slot

SHARED = Cohort("d-7", Slot.GREEN)


@pytest.fixture
async def cohorts(make_house):
    """A house with users, half of whom see green."""
    house = await make_house(
        identity=Identity("header", "X-User-Id", assign=True, allow=("ada",), deny=("bob",))
    )
    house.both_slots = await house.both()
    await house.route(50, 1, *house.both_slots, cohort=SHARED)
    return house


async def who_sees_green(house, users):
    return [user for user in users if await served(house, f"X-User-Id: {user}") == "green"]


async def test_a_user_stays_where_he_is_and_more_follow_as_the_share_grows(cohorts):
    users = [f"user-{n}" for n in range(60)]
    half = await who_sees_green(cohorts, users)
    assert 10 < len(half) < 50
    assert half == await who_sees_green(cohorts, users)
    await cohorts.route(80, 2, *cohorts.both_slots, cohort=SHARED)
    assert set(half) < set(await who_sees_green(cohorts, users))


async def test_others_are_the_first_in_the_next_deployment(cohorts):
    users = [f"user-{n}" for n in range(60)]
    first = await who_sees_green(cohorts, users)
    await cohorts.route(50, 2, *cohorts.both_slots, cohort=Cohort("d-8", Slot.GREEN))
    assert set(first) != set(await who_sees_green(cohorts, users))


async def test_the_lists_come_before_the_share_and_never_lead_to_a_slot_without_weight(cohorts):
    for share, ada, bob in ((1, "green", "blue"), (99, "green", "blue"), (0, "blue", "blue")):
        await cohorts.route(share, 2, *cohorts.both_slots, cohort=SHARED)
        assert (ada, bob) == (
            await served(cohorts, "X-User-Id: ada"),
            await served(cohorts, "X-User-Id: bob"),
        )


async def test_who_has_no_name_gets_one_while_traffic_is_shared(cohorts):
    reply = await cohorts.ask()
    cookie = reply.headers["set-cookie"].split(";")[0]
    assert cookie.startswith("verdigris-cohort=")
    assert {reply.body} == {await served(cohorts, f"Cookie: {cookie}") for _ in range(5)}
    await cohorts.route(100, 2, *cohorts.both_slots, cohort=SHARED)
    assert "set-cookie" not in (await cohorts.ask()).headers


async def test_an_enormous_name_is_refused_and_nobody_else_notices(cohorts):
    assert 400 == (await cohorts.ask(headers=[f"X-User-Id: {'x' * 65536}"])).status
    assert await served(cohorts, "X-User-Id: eve") in ("blue", "green")
