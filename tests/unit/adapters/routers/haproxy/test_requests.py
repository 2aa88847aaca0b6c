"""What a client and an application see of the router."""

import json
import re

import pytest

from tests.waiting import eventually
from verdigris.core.world import Slot

OURS = r"[0-9a-f]{32}"


async def test_says_who_answered_and_of_which_version(house):
    blue, green = await house.both()
    await house.route(100, 1, blue, green, versions=("1.4.0", "1.5.0"))
    reply = await house.ask()
    assert ("green", "1.5.0") == (reply.headers["x-environment"], reply.headers["x-api-version"])


async def test_leaves_the_applications_own_version_and_replaces_its_environment(house):
    blue, green = await house.both(
        more="X-API-Version: 9.9\r\nX-Environment: production\r\nX-Verdigris-Error: fake\r\n"
    )
    await house.route(0, 1, blue, green, versions=("1.4.0", "1.5.0"))
    reply = await house.ask()
    assert ("blue", "9.9") == (reply.headers["x-environment"], reply.headers["x-api-version"])
    assert "x-verdigris-error" not in reply.headers


async def test_says_no_version_when_there_is_none(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    assert "x-api-version" not in (await house.ask()).headers


async def test_words_that_only_the_router_may_say_are_taken_from_requests(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    await house.ask(
        headers=["X-Environment: green", "x-api-version: 3", "X-Verdigris-Anything: 1", "X-Own: kept"]
    )
    headers = blue.asked[-1][2]
    assert headers["x-own"] == "kept"
    assert not [
        name for name in headers if name.startswith(("x-environment", "x-api-version", "x-verdigris"))
    ]


@pytest.mark.parametrize("sent", ["abc-123", "a" * 128, "A.b_c~1+/="])
async def test_a_request_id_that_is_one_is_kept(house, sent):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    reply = await house.ask(headers=[f"X-Request-Id: {sent}"])
    assert sent == reply.headers["x-request-id"]
    assert sent.lower() == blue.asked[-1][2]["x-request-id"]


@pytest.mark.parametrize("sent", ["", "a" * 129, 'a"b', "a b", "a;b", "{}", "\u00e9"])
async def test_a_request_id_that_is_none_is_replaced(house, sent):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    reply = await house.ask(headers=[f"X-Request-Id: {sent}"])
    assert re.fullmatch(OURS, reply.headers["x-request-id"])
    assert reply.headers["x-request-id"] == blue.asked[-1][2]["x-request-id"]


async def test_no_two_requests_are_called_alike(house):
    blue = await house.instance("blue-1", "blue")
    await house.route(0, 1, blue)
    client = house.client()
    names = [(await client.ask()).headers["x-request-id"] for _ in range(50)]
    assert 50 == len(set(names))
    assert names == sorted(names)  # they begin with the time


@pytest.mark.parametrize("slot", ["blue", "green"])
async def test_the_preview_secret_chooses_the_slot_and_is_not_shown_to_the_application(house, slot):
    both = dict(zip(("blue", "green"), await house.both(), strict=True))
    await house.route(0 if slot == "green" else 100, 1, *both.values())
    assert (await house.ask(headers=[house.preview(slot)])).body == slot
    assert "x-verdigris-preview" not in both[slot].asked[-1][2]


@pytest.mark.parametrize(
    "value", ["wrong;green", ";green", "green", "{secret};red", "{secret}", "{secret};green;green"]
)
async def test_a_wrong_preview_secret_is_an_ordinary_request(house, value):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    secret = (house.directory / "preview.secret").read_text().strip()
    assert (await house.ask(headers=[f"X-Verdigris-Preview: {value.format(secret=secret)}"])).body == "blue"
    assert "x-verdigris-preview" not in blue.asked[-1][2]


async def test_the_preview_secret_is_made_once(house):
    secret = (house.directory / "preview.secret").read_text()
    await house.another_router().door.prepare()
    assert secret == (house.directory / "preview.secret").read_text()
    assert secret.strip() not in (house.directory / "haproxy.cfg").read_text()


async def test_a_preview_never_falls_back(house):
    blue, green = await house.both()
    await house.route(100, 1, blue, green, fallback=Slot.BLUE)
    await green.die()
    reply = await house.ask(headers=[house.preview("green")])
    assert (503, "unreached") == (reply.status, reply.headers["x-verdigris-error"])
    assert (await house.reading()).fell_back_to is None


async def test_an_error_of_our_own_is_marked_and_bears_the_request_id(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    reply = await house.ask("/cut", method="POST", headers=["X-Request-Id: mine"])
    assert (502, "bad-answer") == (reply.status, reply.headers["x-verdigris-error"])
    assert {"error": "bad-answer", "request_id": "mine"} == json.loads(reply.body)
    assert "x-environment" not in reply.headers


async def test_an_error_of_the_application_is_not_marked(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    reply = await house.ask("/status/503")
    assert (503, "blue") == (reply.status, reply.headers["x-environment"])
    assert "x-verdigris-error" not in reply.headers


async def test_an_instance_that_does_not_answer_in_time_is_a_timeout(make_house):
    from verdigris.adapters.routers.haproxy import Timeouts

    house = await make_house(timeouts=Timeouts(server=0.2))
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    reply = await house.ask("/hang", method="POST")
    assert (504, "timeout") == (reply.status, reply.headers["x-verdigris-error"])


async def test_only_the_configured_host_is_served(make_house):
    house = await make_house(hosts=("api.example.com",))
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    client = house.client()
    await client.send("/")
    assert (await client.receive()).headers["x-verdigris-error"] == "unknown-host"
    client.writer.write(b"GET / HTTP/1.1\r\nHost: api.EXAMPLE.com:80\r\n\r\n")
    assert (await client.receive()).body == "blue"


async def test_a_body_over_the_limit_is_refused(make_house):
    house = await make_house(max_body=1000)
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    assert (await house.ask(method="POST", body=b"x" * 1000)).status == 200
    reply = await house.ask(method="POST", body=b"x" * 1001)
    assert (413, "too-large") == (reply.status, reply.headers["x-verdigris-error"])


async def test_the_front_door_is_asked_what_the_application_says_of_itself(house):
    blue = await house.instance("blue-1", "blue", release="1.0")
    green = await house.instance("green-1", "green", release="2.0", health=503)
    await house.route(0, 1, blue, green)
    world = await house.answered()
    front, preview = world.front.value, world.preview.green.value
    assert (Slot.BLUE, "1.0", True) == (front.slot, front.version, front.passed)
    assert (Slot.GREEN, "2.0", False) == (preview.slot, preview.version, preview.passed)
    assert preview.sentence == "it answered 503"


async def test_the_application_is_believed_over_the_router_so_that_a_swapped_port_is_caught(house):
    liar = await house.instance("blue-1", "blue", release="2.0")
    await house.route(0, 1, liar)
    liar.slot = "green"
    assert (await house.answered()).front.value.slot is Slot.GREEN


async def test_what_the_application_does_not_say_the_environment_may_prove(house):
    blue, green = await house.both()
    await house.route(100, 1, blue, green)
    asked = []

    def proves(slot, member):
        asked.append((slot, member))
        return "2.0"

    router = house.another_router(proves=proves)
    front = (await house.answered(router)).front.value
    assert (Slot.GREEN, "2.0", True) == (front.slot, front.version, front.passed)
    assert (Slot.GREEN, green.member) in asked


async def test_nobody_s_word_is_no_proof(house):
    blue, green = await house.both()
    await house.route(100, 1, blue, green)
    front = (await house.answered()).front.value
    assert (None, None, "nothing tells the release") == (front.slot, front.version, front.sentence)


async def test_the_routers_own_error_is_no_answer_of_a_slot(house):
    front = (await house.answered()).front.value
    assert front.sentence == "the router itself answered 503 (unreached)"
    assert (None, None, False) == (front.slot, front.version, front.passed)


async def test_probes_come_at_most_once_a_second_but_at_once_after_a_change(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    began = house.clock.now()
    for _ in range(10):
        world = await house.router.observe()
    assert len(blue.asked) <= 2 * (1 + int(house.clock.now() - began))
    await house.route(100, 2, blue, green)
    changed = house.clock.now()
    world = await house.answered()
    assert world.front.seen_at >= changed
    assert world.front.seen_at > began


async def test_an_application_that_hangs_does_not_hold_up_a_look(make_house):
    house = await make_house(probe_path="/hang", within=30.0)
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    world = await house.router.observe()
    assert world.reading.value.routing.weights.blue == 100
    assert world.front.why == "it has not come yet"


async def test_an_answer_that_never_ends_and_a_redirect_are_cut_short(make_house):
    house = await make_house(probe_path="/events", within=0.3)
    blue, green = await house.both()
    await house.route(0, 1, blue, green)

    async def given_up():
        return "no answer within 0.3 s" in getattr((await house.router.observe()).front, "why", "")

    await eventually(given_up, "the probe to give up")
