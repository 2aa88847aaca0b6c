"""Whoever answers at the front door in the place of the app: what our own probe makes of it is harmless, and no lie."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import CONTROLS, cut, documents, mutated, part
from tests.hostile.test_health import ANSWERS, DOCUMENT, ENDLESS, HEAD, PIECES, SIZES, Server, within
from tests.listening import listening
from tests.unit.adapters.conftest import Clock
from verdigris.adapters.routers.haproxy.probes import BODY_MOST, FRONT, Probes, only_200
from verdigris.adapters.routers.haproxy.settings import Door, Site
from verdigris.adapters.stores.records import dump
from verdigris.core.world import Answer, Known, Member, Seen, Slot, Unknown

SECRET = "canary-of-the-preview"
MEMBER = Member("blue-1", "127.0.0.1:1")
OURS = b"X-Verdigris-Server: blue-1\r\n"
FROM_ROUTER = b"HTTP/1.1 503 Service Unavailable\r\nX-Verdigris-Error: no-server\r\nContent-Length: 0\r\n\r\n"
NAMED = (*(answer.replace(b"\r\n", b"\r\n" + OURS, 1) for answer in ANSWERS), FROM_ROUTER)
CHUNKS = (*PIECES, OURS, b"X-Verdigris-Error: \x1b]0;owned\x9b\r\n", b"X-Verdigris-Server: \xff\r\n")
WORST = f"{CONTROLS}\x1b]0;owned\x07"
OWN_WORDS = DOCUMENT | {"release": "2.0", "slot": "green"}


def member(server: str) -> tuple[Slot, Member] | None:
    return (Slot.BLUE, MEMBER) if server == MEMBER.name else None


def probes(listen: str) -> Probes:
    site = Site("api", listen)
    door = Door(Path("/x"), (site,), Path("/haproxy"), probe_within=5.0)
    return Probes(door, site, Clock(), SECRET, only_200, lambda slot, member: "1.0")


def judged(seen: Seen[Answer]) -> Seen[Answer]:
    """What came of a probe: harmless to tell, and short."""
    said = seen.why if isinstance(seen, Unknown) else seen.value.sentence
    assert said.isprintable()
    assert 0 < len(said) < 1000
    assert SECRET not in said
    if isinstance(seen, Known):
        assert (seen.value.slot is None) is (seen.value.version is None)
        assert seen.value.version is None or len(seen.value.version) <= 200
        assert dump(seen.value)  # or no screen would show anything any more
    return seen


async def asked(server: Server, seconds: float = 0.0) -> Seen[Answer]:
    """What comes of one probe at this server."""
    async with listening(server.serve) as address:
        looking = probes(address)
        looking.within = seconds or looking.within
        try:
            await looking.look([FRONT], member)
            if looking._running:
                await asyncio.wait([probe.task for probe in looking._running.values()])
                await looking.look([], member)
            return judged(looking.answer(FRONT))
        finally:
            await looking.close()


def answering(*pieces: bytes) -> Server:
    server = Server()
    server.pieces = pieces
    return server


@given(mutated(NAMED, CHUNKS), SIZES)
@part(0.5)
@example(FROM_ROUTER.replace(b"no-server", b"\x1b]0;owned\x9b"), [4096])
@example(FROM_ROUTER.replace(b"no-server", b"x" * 8000), [4096])
@example(b"HTTP/1.1 200 \x1b[2J\xff\r\nX: \x00\r\n\r\n", [4096])
@example(b"\x1b[2J\x9b \xff\r\n", [1])
def test_any_bytes_in_any_pieces_are_an_answer_or_none(data: bytes, sizes: list[int]):
    seen = asyncio.run(asked(answering(*cut(data, sizes))))
    if isinstance(seen, Known) and seen.value.passed:
        assert data.startswith(b"HTTP/1.")


@given(documents(OWN_WORDS) | st.binary(max_size=200), st.integers(100, 999), st.booleans())
@example(json.dumps(OWN_WORDS | {"release": WORST}).encode(), 200, True)
@example(json.dumps(OWN_WORDS | {"release": "\ud800" * 300}).encode(), 200, True)
@example(json.dumps(OWN_WORDS | {"release": "\ud800"}).encode(), 200, True)
@example(json.dumps(OWN_WORDS | {"slot": {"a": 1}}).encode(), 200, True)
@example(b"[" * 100_000, 200, False)
@example(b'{"release": ' + b"9" * 5000 + b"}", 200, True)
def test_what_the_app_says_of_itself_is_told_harmlessly_and_half_of_it_is_none(
    body: bytes, status: int, named: bool
):
    answer = probes("127.0.0.1:80")._answer(status, body, member("blue-1" if named else "x"))
    judged(Known(answer, 0.0))
    assert answer.passed is (status == 200 and len(body) <= BODY_MOST)
    if answer.slot is Slot.GREEN:
        assert b"green" in body or b"\\u" in body
    elif named:
        assert "1.0" == answer.version or answer.slot is Slot.BLUE
    else:
        assert answer.slot is not Slot.BLUE or b"blue" in body or b"\\u" in body


@pytest.mark.parametrize("what", ENDLESS)
async def test_what_has_no_end_is_cut(what: str):
    with within(8.0):
        seen = await asked(answering(*ENDLESS[what]), 3.0)
    assert isinstance(seen, Unknown) or not seen.value.passed


async def test_a_body_is_read_no_further_than_it_may_be_long():
    server = answering(HEAD + b"\r\n" + b"x" * (BODY_MOST + 1), *(b"y" * 65536 for _ in range(400)))
    seen = await asked(server)
    assert isinstance(seen, Known)
    assert f"its answer is longer than {BODY_MOST} bytes" == seen.value.sentence


@given(st.lists(mutated(NAMED, CHUNKS), max_size=3))
@part(0.2)
def test_whatever_came_before_the_next_good_answer_is_believed(answers: list[bytes]):
    asyncio.run(believed_after(answers))


async def believed_after(answers: list[bytes]) -> None:
    server, clock = Server(), Turned()
    async with listening(server.serve) as address:
        looking = probes(address)
        looking.clock = clock
        try:
            for answer in (*answers, GOOD):
                server.pieces = (answer,)
                clock.moved += 2.0
                await looking.look([FRONT], member)
                if looking._running:
                    await asyncio.wait([probe.task for probe in looking._running.values()])
                    await looking.look([], member)
            assert Answer(Slot.GREEN, "2.0", True, "2.0 in green answered 200") == looking.answer(FRONT).value
        finally:
            await looking.close()


BODY = json.dumps(OWN_WORDS).encode()
GOOD = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


class Turned(Clock):
    """A clock that is turned on by hand."""

    moved = 0.0

    def now(self) -> float:
        return super().now() + self.moved
