"""Two counters of Prometheus: what is asked, what is read, and every answer that is none."""

import json

import pytest

from tests.servers.prometheus import NOW, prometheus
from verdigris.adapters.sources.polled import read_within
from verdigris.adapters.sources.prometheus import BODY_MOST, SETTLED, Prometheus, Queries
from verdigris.adapters.sources.sums import Account, Sums
from verdigris.core.outcomes import Came
from verdigris.core.world import Slot, Unknown

BLUE, GREEN = Slot.BLUE, Slot.GREEN
GOOD = 'orders_total{result="approved",slot="{slot}"}'
BAD = 'orders_total{result="declined",slot="{slot}"}'
TOKEN = "s3cr3t-t0ken"


@pytest.fixture
async def server():
    async with prometheus() as made:
        made.show("blue", 900, 10)
        made.show("green", 90, 2)
        yield made


@pytest.fixture
async def read(server):
    """Reads it once; `Unknown` of both slots where nothing was to be seen."""
    readers = []

    async def once(good=GOOD, bad=BAD, within=20.0, token=None, path="", **environment):
        reader = Prometheus(Queries(server.url + path, good, bad, token), environment)
        readers.append(reader)
        return await read_within(reader, within)

    yield once
    for reader in readers:
        await reader.close()


def total(sums):
    return sum(sums.good.values()), sum(sums.bad.values())


async def test_both_slots_are_read(read):
    found = await read()
    assert ((900, 10), (90, 2)) == (total(found[BLUE]), total(found[GREEN]))


async def test_all_is_asked_for_one_moment_a_little_ago_by_prometheus_own_clock(server, read):
    await read()
    (first, moment), *queries = server.asked
    assert ("time()", None) == (first, moment)
    assert 4 == len(queries)
    assert {f"{NOW - SETTLED:.3f}"} == {moment for _, moment in queries}
    assert 'orders_total{result="declined",slot="green"}' == queries[-1][0]


async def test_an_instance_that_is_missing_from_one_scrape_does_not_come_back_as_new(server, read):
    for instance in ("1", "2"):
        server.show("green", 1000, 5, instance=instance)
    account, _ = Account().after((await read())[GREEN])
    server.hide("2")
    account, less = account.after((await read())[GREEN])
    server.show("green", 1003, 6, instance="2")
    _, again = account.after((await read())[GREEN])
    assert (Came(0, 0), Came(3, 1)) == (less, again)


async def test_a_query_that_returns_nothing_is_named_with_what_to_do(server, read):
    server.counters = [(m, v) for m, v in server.counters if m["slot"] == "blue"]
    found = await read()
    assert (900, 10) == total(found[BLUE])
    assert (
        "signals.prometheus.good returned nothing for green. Run it on Prometheus' own page, and have the counter show "
        '0 from the start: orders_total{result="approved",slot="green"}'
    ) == found[GREEN].why


async def test_a_query_may_say_what_it_is_when_there_is_nothing(read):
    found = await read(bad='refunds_total{slot="{slot}"} or vector(0)')
    assert (90, 0) == total(found[GREEN])


@pytest.mark.parametrize("value", ["NaN", "+Inf", "-Inf", "-1", "1e300", "12 apples", "", "९"])
async def test_a_value_that_is_no_count_makes_its_slot_unknown_and_no_other(server, read, value):
    server.show("green", 90, value)
    found = await read()
    assert (900, 10) == total(found[BLUE])
    assert "no count" in found[GREEN].why
    assert "signals.prometheus.bad for green" in found[GREEN].why


async def test_counts_are_whole_though_prometheus_writes_them_as_floats(server, read):
    server.show("green", "1.5e+03", "2.0000000000000004")
    assert (1500, 2) == total((await read())[GREEN])


async def test_what_prometheus_says_of_a_query_is_repeated(read):
    found = await read(good='rate(orders_total{slot="{slot}"[5s]')
    assert 'signals.prometheus.good for blue: invalid parameter "query": 1:9: parse error' in found[BLUE].why


async def test_an_answer_with_warnings_is_not_whole(server, read):
    server.warnings = ["No StoreAPIs matched for this query"]
    found = await read()
    assert "the answer is not whole: ['No StoreAPIs matched for this query']" in found[BLUE].why


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", "answered 503"),
        (b"HTTP/1.1 401 Who\r\ncontent-length: 0\r\n\r\n", "answered 401: look at signals.prometheus.token"),
        (
            b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            "answered 302; redirects are not followed: write the final address in signals.prometheus.url",
        ),
        (
            b'HTTP/1.1 503 Busy\r\ncontent-length: 39\r\n\r\n{"status":"error", "error": "too slow"}',
            "answered 503: too slow",
        ),
        (b'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"status": "succ', "cannot be asked"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n<html", "it is no JSON"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "does not say success: is it Prometheus?"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "cannot be asked"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (2 * BODY_MOST) + b"x" * (2 * BODY_MOST),
            "more than 1 MiB",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00",
            "no JSON",
        ),
    ],
)
async def test_an_answer_that_is_none_makes_both_slots_unknown(server, read, answer, said):
    server.spoilt = answer
    found = await read()
    assert found[BLUE] == found[GREEN]
    assert said in found[BLUE].why
    assert f"127.0.0.1:{server.port}" in found[BLUE].why or "MiB" in said


async def test_a_server_that_hangs_is_not_waited_for(server, read):
    server.spoilt = b""
    assert Unknown("no answer within 0.1 s") == (await read(within=0.1))[BLUE]


async def test_nobody_there_is_said_so(server, read):
    port = server.port
    server.port = 1
    assert "127.0.0.1:1 cannot be asked: Connection refused" == (await read())[BLUE].why
    server.port = port


async def test_a_path_before_the_api_is_kept(server, read):
    found = await read(path="/prometheus/")
    assert server.heads[-1].startswith("GET /prometheus/api/v1/query?")
    assert "answered 404" in found[BLUE].why


# --- the token ------------------------------------------------------------------------------------------------


async def test_a_token_is_looked_up_for_every_reading_and_never_shown(server, read, tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    await read(token=f"file:{path}")
    assert f"Authorization: Bearer {TOKEN}\r\n" in server.heads[-1]
    path.write_text("another")
    await read(token=f"file:{path}")
    assert "Authorization: Bearer another\r\n" in server.heads[-1]


async def test_a_token_that_is_not_there_is_named_by_where_it_should_be(server, read):
    found = await read(token="env:PROMETHEUS_TOKEN")
    assert "signals.prometheus.token needs the variable PROMETHEUS_TOKEN" in found[BLUE].why
    assert [] == server.heads


@pytest.mark.parametrize("token", [f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN}\0", "gehéim"])
async def test_a_token_cannot_write_headers(server, read, token):
    found = await read(token="env:T", T=token)
    assert [] == server.heads
    assert TOKEN not in found[BLUE].why


async def test_no_failure_shows_the_token(server, read):
    for spoilt in (b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", b"nonsense\r\n\r\n"):
        server.spoilt = spoilt
        found = await read(token="env:T", T=TOKEN)
        assert TOKEN not in found[BLUE].why


async def test_series_are_told_apart_by_all_of_their_labels(server, read):
    found = (await read())[BLUE]
    assert isinstance(found, Sums)
    assert [{"__name__": "orders_total", "slot": "blue", "result": "approved", "instance": "1"}] == [
        json.loads(name) for name in found.good
    ]
