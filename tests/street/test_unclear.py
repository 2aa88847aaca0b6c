"""Bytes in a request that one reads in this way and another in that, and names that are ours to give."""

import re

import pytest

from tests.street.clients import exchange, proxied, request
from tests.street.servers import Echo

OURS = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
async def noted(street):
    """A street with one application that notes down what arrives."""
    street.echo = await street.instance("blue-1", "blue", kind=Echo)
    await street.route("api", 0, 1, street.echo)
    return street


@pytest.mark.parametrize("line", ["X-A: a\0b", "X-A: \0", "Cookie: a=b\0; c=d", "X-\0A: b"], ids=repr)
async def test_a_nul_never_reaches_an_application(noted, line):
    answer = await exchange(noted.port, request(line))
    assert (400, []) == (answer.status, noted.echo.arrived)
    digits = await exchange(noted.port, request("X-A: p0 0q x00 \\x00"))
    assert (200, "p0 0q x00 \\x00") == (digits.status, noted.echo.last.one("x-a"))


@pytest.mark.parametrize("ending", ["\n", "\r"], ids=["bare LF", "bare CR"])
async def test_a_line_that_ends_in_its_own_way_hides_no_header(noted, ending):
    lines = f"X-A: 1{ending}Transfer-Encoding: chunked"
    await exchange(noted.port, request(lines, method="POST", body=b"0\r\n\r\n"))
    for arrived in noted.echo.arrived:
        # Either it was two lines for the router as well, or it never came.
        assert "\r" not in "".join(value for _, value in arrived.headers)
        assert b"\n" not in arrived.raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("version", [1, 2])
async def test_where_no_proxy_is_expected_nobody_speaks_for_another(noted, version):
    answer = await exchange(noted.port, proxied(version), request())
    assert (400, []) == (answer.status, noted.echo.arrived)


async def test_a_request_id_that_is_fit_to_be_one_is_kept(noted):
    for fit in ("order-7", "x" * 128, "4bf92f3577b34da6a3ce929d0e0e4736"):
        answer = await exchange(noted.port, request(f"X-Request-Id: {fit}"))
        assert (fit, fit) == (noted.echo.last.one("x-request-id"), answer.headers["x-request-id"])


async def test_any_other_is_replaced_by_one_of_ours(noted):
    for unfit in ("two words", "x" * 129, "<script>", '"', ""):
        answer = await exchange(noted.port, request(f"X-Request-Id: {unfit}"))
        given = noted.echo.last.one("x-request-id")
        assert OURS.fullmatch(given)
        assert given == answer.headers["x-request-id"]


async def test_of_two_request_ids_one_is_left(noted):
    await exchange(noted.port, request("X-Request-Id: one", "X-Request-Id: two"))
    assert 1 == len(noted.echo.last.all("x-request-id"))
