"""One guarded GET at a server that behaves as badly as it can."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.listening import sending
from verdigris.adapters.environments.request import Client, Response, Unanswered
from verdigris.adapters.environments.response import BODY_MOST


@asynccontextmanager
async def a_server(*parts: bytes, hang: bool = False) -> AsyncIterator[str]:
    """Where to ask it; it sends the parts to whoever does, and then closes or hangs."""
    async with sending(*parts, until=b"\r\n\r\n", hang=hang) as address:
        yield f"http://{address}/health"


async def asked(url: str, within: float = 20.0) -> Response:
    client = Client()
    try:
        return await client.get(url, within)
    finally:
        await client.close()


async def test_an_answer_comes_with_its_headers_in_small_letters():
    async with a_server(b"HTTP/1.1 200 OK\r\nX-Word: a\r\nContent-Length: 2\r\n\r\nok") as url:
        answer = await asked(url)
    assert (200, "a", b"ok") == (answer.status, answer.headers["x-word"], answer.body)


async def test_a_redirect_is_an_answer_and_not_followed():
    async with a_server(b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n") as url:
        assert 302 == (await asked(url)).status


async def test_a_body_without_end_is_cut_at_the_cap():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    async with a_server(head, *[b"x" * 65536] * 20, hang=True) as url:
        answer = await asked(url)
    assert BODY_MOST < len(answer.body) < 4 * BODY_MOST


async def test_where_nothing_listens_is_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(Unanswered, match="nothing listens there") as caught:
        await asked(f"http://127.0.0.1:{port}/")
    assert not caught.value.listening


async def test_what_hangs_ends_with_what_came_so_far():
    async with a_server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal", hang=True) as url:
        with pytest.raises(Unanswered, match=r"no complete answer within 0\.3 s") as caught:
            await asked(url, 0.3)
    assert caught.value.listening


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((), "it closed the connection without an answer"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal",), "it broke off in mid-answer, status 200"),
        ((b"SSH-2.0-OpenSSH\r\n",), "that is no HTTP answer"),
    ],
    ids=["silence", "half", "another protocol"],
)
async def test_what_is_no_answer_is_said_in_words(parts, words):
    async with a_server(*parts) as url:
        with pytest.raises(Unanswered, match=words):
            await asked(url)


def test_nothing_is_told_as_nothing():
    assert "nothing came back" == str(Response())
