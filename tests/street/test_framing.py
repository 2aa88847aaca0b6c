"""Where a request ends is said once, or it is refused: nothing can be hidden behind it.

Before a request can be read HAProxy answers with a page of its own, and no setting changes its text.
"""

import pytest

from tests.street.clients import exchange, request

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
