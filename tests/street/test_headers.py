"""What is forwarded is said once and by whoever may say it; what is not clear is refused, and others do not notice."""

import asyncio
import json
import time

import pytest

from tests.street.clients import exchange, proxied, request
from tests.street.servers import Echo
from verdigris.adapters.routers.haproxy import Identity, Timeouts
from verdigris.core.world import Cohort, Slot

PROXY = "127.0.0.2"
"""Where a proxy comes from in these tests; every other client is at 127.0.0.1."""

CLAIMS = (
    "X-Forwarded-For: 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: shop.example.com",
    "X-Forwarded-Port: 8443",
)
TRUSTING = {"app": "api", "trust": (f"{PROXY}/32",)}


@pytest.fixture
def open_street(make_street):
    """A street with one application that notes down what arrives."""

    async def make(site=None, weight=0, **routing):
        street = await make_street(site or {"app": "api"})
        street.echo = await street.instance("blue-1", "blue", kind=Echo)
        await street.route("api", weight, 1, street.echo, **routing)
        return street

    return make


def forwarded(arrived):
    return {name: value for name, value in arrived.headers if "forwarded" in name}


# Who asks


async def test_a_client_cannot_say_where_it_comes_from(open_street):
    street = await open_street()
    await exchange(street.port, request(*CLAIMS, "X-Forwarded-Server: x", "Forwarded: for=198.51.100.7"))
    expected = {
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-host": "api.example.com",
        "x-forwarded-port": str(street.port),
    }
    assert expected == forwarded(street.echo.last)
    assert all(1 == len(street.echo.last.all(name)) for name in expected)


async def test_a_proxy_on_the_list_is_believed_and_one_beside_it_is_not(open_street):
    street = await open_street(TRUSTING)
    await exchange(street.port, request(*CLAIMS, "Forwarded: for=198.51.100.7"), source=PROXY)
    arrived = street.echo.last
    assert ["198.51.100.7", PROXY] == ", ".join(arrived.all("x-forwarded-for")).split(", ")
    said = [arrived.one(f"x-forwarded-{name}") for name in ("proto", "host", "port")]
    assert (["https", "shop.example.com", "8443"], []) == (said, arrived.all("forwarded"))

    await exchange(street.port, request(*CLAIMS))
    assert ["127.0.0.1"] == street.echo.last.all("x-forwarded-for")
    assert "http" == street.echo.last.one("x-forwarded-proto")


async def test_what_a_trusted_proxy_does_not_say_is_filled_in(open_street):
    street = await open_street(TRUSTING)
    await exchange(street.port, request(), source=PROXY)
    expected = (PROXY, "http", "api.example.com", str(street.port))
    assert expected == tuple(
        street.echo.last.one(f"x-forwarded-{name}") for name in ("for", "proto", "host", "port")
    )


async def test_naming_a_header_as_one_of_the_connection_does_not_take_it_from_the_application(open_street):
    street = await open_street()
    await exchange(street.port, request("Connection: close, X-Forwarded-For, X-Request-Id", last=False))
    assert "127.0.0.1" == street.echo.last.one("x-forwarded-for")
    assert street.echo.last.one("x-request-id")


async def test_nothing_that_an_application_may_take_for_ours_is_let_through(open_street):
    street = await open_street()
    names = ("X_Forwarded_For", "X-Forwarded_Proto", "X_Request_Id", "X_Environment", "X_Request-Start")
    await exchange(street.port, request(*(f"{name}: mine" for name in names)))
    assert "mine" not in [value for _, value in street.echo.last.headers]


async def test_every_request_bears_an_id_of_its_own_and_when_it_came(open_street):
    street = await open_street()
    began = time.time_ns() // 1_000_000
    sent = [await exchange(street.port, request("X-Request-Start: t=1")) for _ in range(20)]
    ids = [arrived.one("x-request-id") for arrived in street.echo.arrived]
    starts = [arrived.one("x-request-start") for arrived in street.echo.arrived]
    assert (20, ids) == (len(set(ids)), [answer.headers["x-request-id"] for answer in sent])
    assert {"t="} == {start[:2] for start in starts}
    assert all(began <= int(start[2:]) <= time.time_ns() // 1_000_000 for start in starts)


# PROXY protocol


@pytest.fixture
def proxied_street(open_street):
    return open_street(TRUSTING | {"proxy_protocol": True})


@pytest.mark.parametrize("version", [1, 2])
async def test_a_proxy_on_the_list_says_whom_it_speaks_for(proxied_street, version):
    street = await proxied_street
    answer = await exchange(street.port, proxied(version), request(*CLAIMS), source=PROXY)
    assert (200, "198.51.100.7") == (answer.status, street.echo.last.one("x-forwarded-for"))
    # The client behind the proxy is on no list, whatever it claims.
    assert "http" == street.echo.last.one("x-forwarded-proto")


@pytest.mark.parametrize("version", [1, 2])
async def test_nobody_else_may_speak_for_another(proxied_street, version):
    street = await proxied_street
    answer = await exchange(street.port, proxied(version), request())
    assert (400, []) == (answer.status, street.echo.arrived)
    assert 200 == (await exchange(street.port, request())).status
    assert "127.0.0.1" == street.echo.last.one("x-forwarded-for")


async def test_a_proxy_that_does_not_say_whom_it_speaks_for_gets_nothing(proxied_street):
    street = await proxied_street
    await exchange(street.port, request(), source=PROXY)
    assert [] == street.echo.arrived


# Framing. Before a request can be read HAProxy answers with a page of its own, and no setting changes its text.

SMUGGLED = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: api.example.com\r\n\r\n"


def framings(arrived):
    return [*arrived.all("content-length"), *arrived.all("transfer-encoding")]


async def test_a_request_with_a_length_and_chunks_arrives_with_one_of_them_and_is_the_last(open_street):
    street = await open_street()
    both = (f"Content-Length: {len(SMUGGLED)}", "Transfer-Encoding: chunked")
    answer = await exchange(street.port, request(*both, method="POST", body=SMUGGLED, last=False))
    assert (200, b"ok") == (answer.status, answer.rest)
    assert [("/", ["chunked"])] == [(each.path, framings(each)) for each in street.echo.arrived]
    [arrived] = street.echo.arrived
    assert "close" == answer.headers.get("connection", "close"), "the connection was closed without a word"
    assert b"" == arrived.body


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: 2, 3",),
        ("Content-Length: +2",),
        ("Content-Length: -2",),
        ("Content-Length: 0x2",),
        ("Content-Length: 99999999999999999999",),
        ("Content-Length : 2",),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding: chunked, chunked",),
        ("Host: other.example.com",),
        ("X-Nothing",),
        (": nothing",),
        ("X(Y): 1",),
    ],
    ids=" and ".join,
)
async def test_what_can_be_read_in_two_ways_is_refused(open_street, lines):
    street = await open_street()
    answer = await exchange(street.port, request(*lines, method="POST", body=b"abc"))
    assert (400, []) == (answer.status, street.echo.arrived)


def refusal(answer):
    """Status and reason of an answer of ours, which is JSON and says the same in its body."""
    kind = answer.headers.get("x-verdigris-error")
    assert "application/json" == answer.headers.get("content-type")
    assert kind == json.loads(answer.rest)["error"]
    return answer.status, kind


@pytest.mark.parametrize("coding", ["identity", "gzip", "xchunked", "chunked, identity", "gzip, chunked"])
async def test_an_unknown_coding_is_refused_or_arrives_as_one_framing(open_street, coding):
    street = await open_street()
    lines = (f"Transfer-Encoding: {coding}", "Content-Length: 5")
    answer = await exchange(street.port, request(*lines, method="POST", body=b"0\r\n\r\n"))
    assert 400 <= answer.status < 600 or [1] == [len(framings(each)) for each in street.echo.arrived]


async def test_the_same_length_twice_arrives_once(open_street):
    street = await open_street()
    twice = ("Content-Length: 3", "Content-Length: 3")
    assert 200 == (await exchange(street.port, request(*twice, method="POST", body=b"abc"))).status
    assert (["3"], b"abc") == (framings(street.echo.last), street.echo.last.body)


async def test_a_folded_header_is_unfolded(open_street):
    street = await open_street()
    await exchange(street.port, request("X-Long: one\r\n two\r\n\tthree", "X-After: yes"))
    arrived = street.echo.last
    assert (["one", "two", "three"], "yes") == (arrived.one("x-long").split(), arrived.one("x-after"))
    assert not any(line[:1] in b" \t" for line in arrived.raw.split(b"\r\n") if line)


async def test_a_body_in_chunks_arrives_whole(open_street):
    street = await open_street()
    chunks = b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n"
    await exchange(street.port, request("Transfer-Encoding: chunked", method="POST", body=chunks))
    assert b"abcdefg" == street.echo.last.body


# Limits


async def test_a_hundred_thousand_headers_are_refused_and_nobody_else_notices(open_street, load):
    street = await open_street()
    many = request(*(f"X-{number}: 1" for number in range(100_000)))
    async with load(street) as statuses:
        answers = [await exchange(street.port, many) for _ in range(5)]
    assert {400} == {answer.status for answer in answers}
    assert {200} == set(statuses)


@pytest.mark.parametrize("by", ["header", "cookie"])
async def test_a_cohort_name_of_64_kilobytes_is_refused(open_street, by):
    site = {"app": "api", "identity": Identity(by, "X-User-Id")}
    street = await open_street(site, 50, cohort=Cohort("salt", Slot.GREEN))
    name = {"header": "X-User-Id: ", "cookie": "Cookie: X-User-Id="}[by]
    answer = await exchange(street.port, request(name + "u" * 65536))
    assert (400, []) == (answer.status, street.echo.arrived)


@pytest.fixture
def limited(open_street):
    return open_street({"app": "api", "max_body": 1000})


async def test_a_body_as_large_as_allowed_arrives_and_a_larger_one_does_not(limited):
    street = await limited
    for size, expected in ((1000, 200), (1001, 413), (5_000_000, 413)):
        body = b"x" * size
        answer = await exchange(street.port, request(f"Content-Length: {size}", method="POST", body=body))
        assert (size, expected) == (size, answer.status)
    assert (413, "too-large") == refusal(answer)
    assert [1000] == [len(arrived.body) for arrived in street.echo.arrived]


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
async def test_where_bodies_are_limited_their_length_must_be_said(limited, method):
    street = await limited
    chunks = b"3\r\nabc\r\n0\r\n\r\n"
    answer = await exchange(street.port, request("Transfer-Encoding: chunked", method=method, body=chunks))
    assert ((411, "length-required"), []) == (refusal(answer), street.echo.arrived)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "POST"])
async def test_where_bodies_are_limited_a_request_without_one_is_let_through(limited, method):
    street = await limited
    answer = await exchange(street.port, request(*["Content-Length: 0"] * (method == "POST"), method=method))
    assert 200 == answer.status


async def test_connections_that_dawdle_hinder_nobody_and_are_told_that_they_are_too_slow(open_street, load):
    street = await open_street({"app": "api", "timeouts": Timeouts(request=2.0)})
    async with load(street) as statuses:
        slow = [asyncio.create_task(dawdle(street.port)) for _ in range(200)]
        await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
        meanwhile = statuses.total()
        answers = await asyncio.gather(*slow)
    assert {408} == {answer.status for answer in answers}
    assert (True, {200}) == (meanwhile > 100, set(statuses))


async def dawdle(port):
    """Half a head, and never the rest."""
    return await exchange(port, request()[:-9])
