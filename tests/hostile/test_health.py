"""Whatever listens at an instance's port: health or a sentence, within deadline and cap, and never an end of asking."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import CONTROLS, cut, documents, mutated, part
from tests.listening import listening
from tests.waiting import eventually
from verdigris.adapters.environments.probes import Prober, Target
from verdigris.adapters.environments.request import Client, Response, Unanswered
from verdigris.adapters.environments.response import BODY_MOST, HealthCheck, judge_response
from verdigris.core.world import Known, Slot

CHECK = HealthCheck(timeout=5.0, interval=0.05, healthy=1, body=((("status",), "healthy"),))
DOCUMENT = {
    "status": "healthy",
    "checks": {"database": True, "cache": False},
    "release": "v2",
    "slot": "blue",
    "environment": "blue",
    "version": 1,
}
GOOD = json.dumps(DOCUMENT).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nTrailer: 1\r\n\r\n"
ANSWERS = (
    HEAD + b"Content-Length: %d\r\n\r\n" % len(GOOD) + GOOD,
    HEAD + b"\r\n" + GOOD,
    CHUNKED,
    b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED,
    HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(GOOD),
    b"HTTP/1.0 302 Found\r\nLocation: http://169.254.169.254/\r\nSet-Cookie: a=b\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
)
PIECES = (
    b"Content-Length: 99999999999999999999\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n",
    b"Content-Encoding: deflate\r\n",
    b"fffffffffffffffff\r\n",
    b"X: \x00\x1b[2J\r\n",
    b"X: " + b"a" * 9000 + b"\r\n",
    b"\r\n",
    b"\r",
    b"\n",
    b"HTTP/9.9 999 \xff\r\n",
    b" \t",
    b"\x00",
)
SIZES = st.lists(st.integers(1, 400), min_size=1, max_size=4)


@given(
    documents(DOCUMENT) | st.binary(max_size=400),
    st.integers(0, 999),
    st.dictionaries(
        st.sampled_from(("content-type", "content-encoding", "location", "x")),
        st.text(st.sampled_from(CONTROLS + "jsontexhml/gzip;= ") | st.characters(), max_size=60),
        max_size=3,
    ),
)
@example(b"[" * 990 + b"]" * 990, 200, {})
@example(b'{"status": ' + b"[" * 900 + b"]" * 900 + b"}", 200, {})
def test_any_answer_is_judged_in_one_printable_sentence(body: bytes, status: int, headers: dict[str, str]):
    passed, sentence = judge_response(CHECK, status, headers, body, "v2", Slot.BLUE)
    assert sentence.isprintable()
    assert len(sentence) < 2000
    if passed:
        assert (200, "healthy") == (status, json.loads(body)["status"])


def test_a_body_as_deep_as_can_be_read_can_be_told_of():
    for depth in range(1, 1200):
        body = b'{"status": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
        assert not judge_response(CHECK, 200, {}, body, "v2", Slot.BLUE)[0]


class Server:
    """Sends to whoever connects what it was given last."""

    def __init__(self) -> None:
        self.pieces: tuple[bytes, ...] = ()
        self.asked = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        with contextlib.suppress(OSError):  # whoever asked had enough
            for piece in self.pieces:
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
        writer.close()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


async def asked(pieces: tuple[bytes, ...], seconds: float = 5.0) -> Response | None:
    """What comes of asking; None when there is no answer. Anything else than that is raised."""
    server, client = Server(), Client()
    server.pieces = pieces
    async with listening(server.serve) as address:
        try:
            return await client.get(f"http://{address}/health", seconds)
        except Unanswered as error:
            assert str(error).isprintable()
            assert len(str(error)) < 2000
            return None
        finally:
            await client.close()


@given(mutated(ANSWERS, PIECES), SIZES)
@part(0.5)
def test_any_bytes_in_any_pieces_are_an_answer_or_none(data: bytes, sizes: list[int]):
    answer = asyncio.run(asked(tuple(cut(data, sizes))))
    assert answer is None or len(answer.body) <= 4 * BODY_MOST


@given(mutated(ANSWERS, PIECES))
@part(0.3)
def test_the_prober_goes_on_whatever_it_is_answered(data: bytes):
    asyncio.run(probed_again(data))


async def probed_again(data: bytes) -> None:
    server = Server()
    server.pieces = (data,)
    async with listening(server.serve) as address:
        prober = Prober(CHECK, time.monotonic)
        target = Target("blue-1", Slot.BLUE, address, "v2", (1, 0))
        try:
            prober.follow([target])
            await eventually(lambda: server.asked > 1, "a second probe")
            await eventually(lambda: isinstance(prober.health(target), Known), "what came of a probe")
            seen = prober.health(target)
            assert isinstance(seen, Known)
            assert seen.value.sentence.isprintable()
            server.pieces = (ANSWERS[0].replace(b'"cache": false', b'"cache": true '),)
            await eventually(lambda: healthy(prober, target), "health after all")
        finally:
            await prober.close()


def healthy(prober: Prober, target: Target) -> bool:
    seen = prober.health(target)
    return isinstance(seen, Known) and seen.value.passes > 0


ENDLESS = {
    "a body": (HEAD + b"\r\n", *(b"x" * 65536 for _ in range(2000))),
    "a chunked body": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *(b"4\r\nabcd\r\n" * 4000,) * 200),
    "headers": (HEAD, *(b"X-More: and more\r\n" * 2000,) * 200),
    "one header": (HEAD + b"X-Long: ", *(b"x" * 65536 for _ in range(500))),
    "a status line": (b"HTTP/1.1 200 ", *(b"x" * 65536 for _ in range(500))),
    "answers that go on": (b"HTTP/1.1 100 Continue\r\n\r\n" * 4000,) * 100,
    "the length of a chunk": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        *(b"0" * 65536 for _ in range(500)),
    ),
    "what a chunk says besides": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n4;",
        *(b"x" * 65536 for _ in range(500)),
    ),
    "trailers": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", *(b"X: y\r\n" * 9000,) * 200),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_has_no_end_is_cut(what: str):
    with within(8.0):
        answer = await asked(ENDLESS[what], 3.0)
    assert answer is None or len(answer.body) <= 4 * BODY_MOST


async def test_a_bomb_is_not_unpacked():
    bomb = gzip.compress(b"0" * (64 << 20))
    answer = await asked((HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb), bomb))
    assert answer is not None
    assert len(answer.body) <= 4 * BODY_MOST
    assert not judge_response(CHECK, answer.status, answer.headers, answer.body, "v2", Slot.BLUE)[0]


async def test_a_slow_drip_ends_at_the_deadline():
    client, over = Client(), asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while not over.is_set() and not writer.is_closing():
            writer.write(b"x")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 0.01)
        writer.close()

    async with listening(drip) as address:
        with within(5.0), pytest.raises(Unanswered, match=r"no complete answer within 0\.5 s"):
            await client.get(f"http://{address}/", 0.5)
        over.set()
        await client.close()
