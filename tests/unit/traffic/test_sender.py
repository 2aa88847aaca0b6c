"""One replayed request: what it bears, what is said of its answer, and what is said of nobody."""

import resource

import pytest

from tests.unit.traffic.apps import nobody
from verdigris.traffic.sender import BODY_MOST, Front, How, Outcome, Sender

PLAIN = Front()
NEVER, LONG = 0.2, 30.0


@pytest.fixture
async def make_sender():
    senders = []

    def make(front=PLAIN, within=LONG):
        senders.append(Sender(front, within))
        return senders[-1]

    yield make
    for sender in senders:
        await sender.close()


@pytest.fixture
async def ask(make_app, make_sender):
    app = await make_app()
    sender = make_sender()

    async def send(path, method="GET"):
        return await sender.send(method, app.address, path, "the mark")

    send.app, send.sender = app, sender
    return send


async def test_it_bears_the_mark_of_a_rehearsal_and_says_who_sends_it(ask):
    found = await ask("/orders/17")
    ((method, path, headers),) = ask.app.asked
    assert (How.ANSWERED, 200) == found[:2]
    assert ("GET", "/orders/17", "the mark") == (method, path, headers["x-verdigris-rehearsal"])
    assert "verdigris-replay" == headers["user-agent"]


async def test_it_comes_as_the_router_would_send_it(make_app, make_sender):
    app, sender = await make_app(), make_sender(Front("api.example.com", "https", "/api"))
    await sender.send("GET", app.address, "/orders", "m")
    ((_, _, headers),) = app.asked
    assert ("api.example.com", "api.example.com") == (headers["host"], headers["x-forwarded-host"])
    assert ("https", "127.0.0.1") == (headers["x-forwarded-proto"], headers["x-forwarded-for"])
    assert "/api" == headers["x-forwarded-prefix"]


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/api/orders", "/orders"),
        ("/api", "/"),
        ("/api/", "/"),
        ("/apis", None),
        ("/", None),
        ("/x/api/", None),
    ],
)
def test_a_path_is_taken_off_as_the_router_takes_it_off(path, seen):
    assert seen == Front(prefix="/api").within(path)
    assert path == Front().within(path)


@pytest.mark.parametrize("path", ["/a%20b", "/a//b/../c;v=1", "//elsewhere.example/", "/@me:80/"])
async def test_a_path_arrives_byte_for_byte_and_nowhere_else(ask, path):
    await ask(path)
    assert [path] == ask.app.paths


async def test_each_has_a_connection_of_its_own_and_asks_by_head_too(ask):
    assert [How.ANSWERED] * 2 == [(await ask("/", "HEAD")).how for _ in range(2)]
    assert (2, ["HEAD", "HEAD"]) == (ask.app.connections, [method for method, _, _ in ask.app.asked])


async def test_a_redirect_is_an_answer_and_is_not_followed(ask):
    assert (How.ANSWERED, 302) == (await ask("/moved"))[:2]
    assert ["/moved"] == ask.app.paths


@pytest.mark.parametrize("status", [201, 401, 404, 500, 503])
async def test_every_status_is_an_answer(ask, status):
    ask.app.statuses["/"] = status
    assert (How.ANSWERED, status) == (await ask("/"))[:2]


@pytest.mark.parametrize("path", ["/reset", "/empty", "/short"])
async def test_an_answer_that_breaks_off_reached_nobody(ask, path):
    assert Outcome(How.UNREACHED) == await ask(path)


async def test_where_nothing_listens_nobody_is_reached(ask):
    with nobody() as address:
        assert Outcome(How.UNREACHED) == await ask.sender.send("GET", address, "/", "m")


async def test_who_does_not_answer_in_time_has_timed_out(ask):
    ask.sender.within = NEVER
    assert Outcome(How.TIMED_OUT) == await ask("/hang")


@pytest.mark.parametrize("path", ["/events", "/garbage", "/headers"])
async def test_what_has_no_end_or_only_we_cannot_read_speaks_against_nobody(ask, path):
    assert How.VOID is (await ask(path)).how


async def test_neither_does_an_answer_that_has_begun_and_goes_on(ask):
    await ask("/")
    ask.sender.within = 1.0
    assert How.VOID is (await ask("/trickle")).how


async def test_a_long_answer_is_not_read_to_its_end(ask):
    assert (How.ANSWERED, 200) == (await ask("/large"))[:2]
    # What the system buffers for a connection may have been sent besides.
    assert ask.app.sent < BODY_MOST + (8 << 20)


async def test_its_time_is_that_until_the_answer_begins(ask):
    found = await ask("/")
    assert 0.0 < found.milliseconds < 1000 * LONG


async def test_what_we_cannot_open_speaks_against_nobody(ask):
    """No descriptor is left: the other side has done nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    await ask("/")
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        assert How.VOID is (await ask("/")).how
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
