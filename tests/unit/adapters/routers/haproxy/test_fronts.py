"""What the front door makes of a request: who asks, for whom, and which way it goes."""

import pytest

from verdigris.adapters.routers.haproxy import Identity
from verdigris.core.world import Cohort, Slot

SHARED = Cohort("d-7", Slot.GREEN)


async def served(house, *headers, path="/"):
    """The slot that answered."""
    return (await house.ask(path, headers=headers)).body


def asked(instance):
    """The headers of the last request that was no probe."""
    return next(headers for _, path, headers in reversed(instance.asked) if path == "/")


async def test_what_a_client_says_of_its_way_is_replaced_by_what_is_known(house):
    blue = await house.instance("blue-1", "blue")
    await house.route(0, 1, blue)
    await served(house, "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6")
    headers = asked(blue)
    assert ("127.0.0.1", "http", "api", f"{house.port}") == tuple(
        headers[f"x-forwarded-{name}"] for name in ("for", "proto", "host", "port")
    )
    assert "forwarded" not in headers
    assert headers["x-request-start"].startswith("t=1")


async def test_what_a_trusted_proxy_says_is_continued(make_house):
    house = await make_house(trust=("127.0.0.0/8",))
    blue = await house.instance("blue-1", "blue")
    await house.route(0, 1, blue)
    await served(house, "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https")
    assert "https" == asked(blue)["x-forwarded-proto"]
    assert "127.0.0.1" == asked(blue)["x-forwarded-for"]  # the last of two lines: who spoke to us


async def test_a_cookie_with_the_secret_chooses_the_slot_and_does_not_reach_the_application(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    secret = (house.directory / "preview.secret").read_text().strip()
    assert "green" == await served(house, f"Cookie: a=b; verdigris-preview={secret}.green; c=d")
    assert secret not in asked(green)["cookie"]
    assert ("a=b", "c=d") == tuple(part for part in asked(green)["cookie"].split("; ") if part)
    assert "blue" == await served(house, "Cookie: verdigris-preview=guessed.green")


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
