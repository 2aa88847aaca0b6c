"""What is too much, or too slow, is refused, and nobody else notices."""

import asyncio
import json

import pytest

from tests.street.clients import exchange, request
from verdigris.adapters.routers.haproxy import Identity, Timeouts
from verdigris.core.world import Cohort, Slot


def refusal(answer):
    """Status and reason of an answer of ours, which is JSON and says the same in its body."""
    kind = answer.headers.get("x-verdigris-error")
    assert "application/json" == answer.headers.get("content-type")
    assert kind == json.loads(answer.rest)["error"]
    return answer.status, kind


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
