"""How the router knows a user: by header or cookie, by a cookie of its own, or by a list; and that nobody is tied."""

from collections import Counter
from math import sqrt

import pytest

from verdigris.adapters.routers.haproxy import Identity
from verdigris.core.world import Cohort, Slot

COHORT = Cohort("d-3", Slot.GREEN)
USERS = [f"user-{number}" for number in range(40)]
STRANGERS = 400


@pytest.fixture
def shared(make_street):
    """A street whose app is known to it by `identity`, and shares its traffic."""

    async def make(identity, percent=50):
        street = await make_street({"app": "api", "identity": identity})
        street.both_slots = await street.both()
        await share(street, percent, 1)
        return street

    return make


async def share(street, percent, generation):
    await street.route("api", percent, generation, *street.both_slots, cohort=COHORT)


async def slot_of(client, header):
    return (await client.ask(headers=[header])).body


async def test_a_user_is_the_same_by_header_and_by_cookie(shared):
    by_header = (await shared(Identity("header", "X-User-Id"))).client()
    by_cookie = (await shared(Identity("cookie", "uid"))).client()
    seen = {user: await slot_of(by_header, f"X-User-Id: {user}") for user in USERS}
    assert {"blue", "green"} == set(seen.values())
    assert seen == {user: await slot_of(by_cookie, f"Cookie: a=b; uid={user}; c=d") for user in USERS}


async def test_strangers_get_a_name_by_which_they_stay_where_they_are_while_the_share_grows(shared):
    street = await shared(Identity("none", "", assign=True), 25)
    client, named = street.client(), {}
    for _ in range(STRANGERS):
        reply = await client.ask()
        named[reply.headers["set-cookie"].partition(";")[0]] = reply.body
    counts = Counter(named.values())
    assert STRANGERS == counts.total()
    assert abs(counts["green"] / STRANGERS - 0.25) <= 3.5 * sqrt(0.25 * 0.75 / STRANGERS)

    assert named == {cookie: await slot_of(client, f"Cookie: {cookie}") for cookie in named}
    await share(street, 60, 2)
    first = [cookie for cookie, slot in named.items() if slot == "green"]
    assert {"green"} == {await slot_of(client, f"Cookie: {cookie}") for cookie in first}


async def test_who_has_a_name_is_given_none_and_neither_is_anybody_while_nothing_is_shared(shared):
    street = await shared(Identity("header", "X-User-Id", assign=True))
    assert "set-cookie" not in (await street.ask(headers=["X-User-Id: ada"])).headers
    given = (await street.ask()).headers["set-cookie"]
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(given.split("; "))
    assert "set-cookie" not in (await street.ask(headers=[f"Cookie: {given.partition(';')[0]}"])).headers
    for generation, percent in enumerate((100, 0), start=2):
        await share(street, percent, generation)
        assert "set-cookie" not in (await street.ask()).headers


async def test_who_is_on_a_list_comes_first_or_last_and_never_to_a_slot_without_weight(shared):
    street = await shared(Identity("cookie", "uid", allow=("ada", "eve"), deny=("bob",)))
    client = street.client()
    expected = {0: ("blue", "blue", "blue"), 1: ("green", "green", "blue"), 99: ("green", "green", "blue")}
    expected[100] = ("green", "green", "green")
    for generation, (percent, slots) in enumerate(expected.items(), start=2):
        await share(street, percent, generation)
        seen = [await slot_of(client, f"Cookie: uid={user}") for user in ("ada", "eve", "bob")]
        assert (percent, list(slots)) == (percent, seen)


@pytest.mark.parametrize("lost", ["green", "blue"])
async def test_whose_slot_loses_its_weight_moves_with_his_next_request(shared, lost):
    """On the connection that he has, with the name that he has, whether it was given to him or is on a list."""
    street = await shared(Identity("header", "X-User-Id", assign=True, allow=("ada",), deny=("bob",)))
    client = street.client()
    name = (await client.ask()).headers["set-cookie"].partition(";")[0]
    everybody = [f"Cookie: {name}", *(f"X-User-Id: {user}" for user in (*USERS, "ada", "bob"))]
    assert {"blue", "green"} == {await slot_of(client, who) for who in everybody}
    await share(street, 0 if lost == "green" else 100, 2)
    other = "blue" if lost == "green" else "green"
    assert {other} == {await slot_of(client, who) for who in everybody}


async def test_names_of_every_kind_have_a_slot(shared):
    """What is odd is hashed like anything else: it is neither refused nor read."""
    street = await shared(Identity("header", "X-User-Id"))
    for user in ("", " ", "a/b", "%[src]", "ü", "a b", "x" * 8000, "a,b", '"', "\\1"):
        replies = [await street.ask(headers=[f"X-User-Id: {user}"]) for _ in range(3)]
        assert {200} == {reply.status for reply in replies}
        assert not user.strip() or 1 == len({reply.body for reply in replies})
