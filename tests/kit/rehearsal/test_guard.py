"""What a candidate would do to the world in a rehearsal, with clients that people use and a server that counts."""

import asyncio
import contextlib
import http.client
import urllib.error
import urllib.request

import pytest

from tests.kit.rehearsal.clients import (
    by_aiohttp,
    by_async_httpx,
    by_httpx,
    by_requests,
    by_urllib,
    by_urllib3,
)
from verdigris_kit.guard import Answer, Guard, Held, HeldBack

clients = pytest.mark.parametrize(
    "client", [by_urllib, by_requests, by_urllib3, by_httpx, by_async_httpx, by_aiohttp]
)


@clients
async def test_a_call_to_a_listed_host_is_refused_and_never_arrives(client, provider, during):
    guard = Guard("127.0.0.1")
    with pytest.raises(HeldBack, match=r"POST 127\.0\.0\.1: held back, because this request is a rehearsal"):
        await during(client(provider.url + "/charges?card=4242", guard))
    assert [] == provider.arrived
    assert [Held("POST", "127.0.0.1", "/charges")] == guard.held


@clients
async def test_a_recorded_call_is_answered_in_its_place_and_never_arrives(client, provider, during):
    guard = Guard("127.0.0.1", record=True, answer=Answer(201, b'{"id": "held"}'))
    assert (201, b'{"id": "held"}') == await during(client(provider.url + "/charges?card=4242", guard))
    assert [] == provider.arrived
    assert [Held("POST", "127.0.0.1", "/charges")] == guard.held


@clients
@pytest.mark.parametrize("record", [False, True])
async def test_outside_of_a_rehearsal_every_call_is_made(client, provider, during, record):
    guard = Guard("*", record=record)
    assert (200, b"made") == await during(client(provider.url + "/charges", guard), rehearsed=False)
    assert (["POST /charges"], []) == (provider.arrived, guard.held)


@clients
async def test_a_host_that_is_not_listed_is_called_in_a_rehearsal_too(client, provider, during):
    guard = Guard("api.example.com", "*.example.org")
    assert (200, b"made") == await during(client(provider.url + "/charges", guard))
    assert ["POST /charges"] == provider.arrived


@pytest.mark.parametrize("client", [by_requests, by_httpx, by_async_httpx, by_aiohttp])
async def test_a_redirect_to_a_listed_host_is_held_as_well(client, provider, during):
    """The provider sends on to itself by another name."""
    with pytest.raises(HeldBack, match="POST localhost"):
        await during(client(provider.url + "/moved", Guard("localhost")))
    assert ["POST /moved"] == provider.arrived


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_kept_connection_is_not_used_for_what_is_held_and_serves_again_afterwards(
    method, provider, during
):
    """One connection of http.client: a real call, a held one, and a real one again."""
    connection = http.client.HTTPConnection("127.0.0.1", provider.port, timeout=10)

    def call():
        connection.request(method, "/charges", body=b"a" * 500_000 if method == "POST" else None)
        with contextlib.closing(connection.getresponse()) as response:
            return response.status, response.read()

    async def made():
        return await asyncio.to_thread(call)

    made_body, held_body = (b"", b"") if method == "HEAD" else (b"made", b"{}")
    with contextlib.closing(connection), Guard("127.0.0.1", record=True) as guard:
        assert (200, made_body) == await during(made, rehearsed=False)
        assert (202, held_body) == await during(made)
        assert (200, made_body) == await during(made, rehearsed=False)
    assert [f"{method} /charges"] * 2 == provider.arrived
    assert 1 == len(guard.held)


async def test_through_a_proxy_both_the_host_behind_it_and_the_proxy_can_be_listed(provider, during):
    """The provider plays the proxy; api.example.com is never looked up."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": provider.url}))

    async def call():
        def get():
            with opener.open("http://api.example.com/charges", timeout=10) as response:
                return response.status

        return await asyncio.to_thread(get)

    with Guard("api.example.com"), pytest.raises(HeldBack, match=r"GET api\.example\.com"):
        await during(call)
    with Guard("127.0.0.1"), pytest.raises(HeldBack, match=r"GET 127\.0\.0\.1"):
        await during(call)
    with Guard("example.com"):
        assert 200 == await during(call)
    assert ["GET http://api.example.com/charges"] == provider.arrived


async def test_a_tunnel_through_a_proxy_is_not_even_asked_for(provider, during):
    async def call():
        connection = http.client.HTTPSConnection("127.0.0.1", provider.port, timeout=10)
        connection.set_tunnel("api.example.com", 443)
        with contextlib.closing(connection):
            connection.request("GET", "/charges")

    with Guard("*.example.com"), pytest.raises(HeldBack):
        await during(call)
    assert [] == provider.arrived


def test_uninstalled_http_client_is_what_it_was():
    before = http.client.HTTPConnection.putrequest
    one, two = Guard("a.example"), Guard("b.example")
    one.install().install()
    two.install()
    assert before is not http.client.HTTPConnection.putrequest
    one.uninstall()
    one.uninstall()
    assert before is not http.client.HTTPConnection.putrequest
    two.uninstall()
    assert before is http.client.HTTPConnection.putrequest


def test_a_patch_that_somebody_put_on_top_stays(monkeypatch):
    before = http.client.HTTPConnection.putrequest
    guard = Guard("a.example").install()
    beneath = http.client.HTTPConnection.putrequest

    def traced(self, *args, **kwargs):
        return beneath(self, *args, **kwargs)

    http.client.HTTPConnection.putrequest = traced
    guard.uninstall()
    assert traced is http.client.HTTPConnection.putrequest
    with Guard("b.example"):
        assert traced is http.client.HTTPConnection.putrequest
    http.client.HTTPConnection.putrequest = beneath
    with Guard("c.example"):
        pass
    assert before is http.client.HTTPConnection.putrequest


async def test_a_thread_that_was_not_told_is_not_held_and_a_carried_one_is(provider, during):
    """The limit, and what to do about it; the guide says so."""
    from concurrent.futures import ThreadPoolExecutor

    from verdigris_kit.rehearsal import carry

    def post():
        with urllib.request.urlopen(provider.url + "/charges", timeout=10) as response:
            return response.status

    async def bare():
        with ThreadPoolExecutor() as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, post)

    async def carried():
        with ThreadPoolExecutor() as pool:
            return await asyncio.get_running_loop().run_in_executor(pool, carry(post))

    with Guard("127.0.0.1"):
        assert 200 == await during(bare)
        with pytest.raises(HeldBack):
            await during(carried)
    assert ["GET /charges"] == provider.arrived


@pytest.mark.parametrize("path", ["/pay/https://example.com", "//pay", "/?to=http://example.com", "/a:b"])
async def test_a_path_that_looks_like_a_url_is_a_path(path, provider, during):
    with pytest.raises(HeldBack, match=r"POST 127\.0\.0\.1: held back"):
        await during(by_urllib(provider.url + path, Guard("127.0.0.1")))
    assert [] == provider.arrived


@pytest.mark.parametrize("listed", ["127.0.0.1", "example.com"])
async def test_a_whole_url_is_held_for_whom_it_names_and_for_whom_it_is_sent_to(listed, provider, during):
    """As through a proxy, which may be the listed one itself."""

    async def call():
        connection = http.client.HTTPConnection("127.0.0.1", provider.port, timeout=10)
        with contextlib.closing(connection), Guard(listed):
            connection.request("POST", "HTTP://Example.com:8080/charges")

    with pytest.raises(HeldBack, match=f"POST {listed}: held back"):
        await during(call)
    assert [] == provider.arrived


async def test_a_url_that_names_nobody_is_held_for_whom_it_is_sent_to(provider, during):
    async def call():
        connection = http.client.HTTPConnection("127.0.0.1", provider.port, timeout=10)
        with contextlib.closing(connection), Guard("127.0.0.1"):
            connection.request("POST", "http://[::1/charges")

    with pytest.raises(HeldBack, match=r"POST 127\.0\.0\.1: held back"):
        await during(call)
