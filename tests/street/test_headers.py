"""What is forwarded is said once, and by whoever may say it."""

import time

import pytest

from tests.street.clients import exchange, proxied, request

PROXY = "127.0.0.2"
"""Where a proxy comes from in these tests; every other client is at 127.0.0.1."""

CLAIMS = (
    "X-Forwarded-For: 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: shop.example.com",
    "X-Forwarded-Port: 8443",
)
TRUSTING = {"app": "api", "trust": (f"{PROXY}/32",)}


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
