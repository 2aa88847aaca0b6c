"""What arrives where the router's lines are read: counted, or the connection is dropped, and that is told aloud."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import cut, mutated, part
from tests.waiting import eventually
from verdigris.adapters.signals.lines import BadLine, Frames, read
from verdigris.adapters.signals.router_lines import SOCKET, RouterLines
from verdigris.core.world import Known, Slot, Unknown

LINE = b"r2 api 1763971234567 green blue-2 200 1001 2 30 1040 -- 0 - g 7f42e447 GET /a ."
BEFORE = b"r1 api 1763971234567 green blue-2 200 1001 2 30 1040 -- 0 - 7f42e447 GET /a?b=c ."
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=5)


class Hands:
    """A clock that is set by hand."""

    moved = 1000.0

    def now(self) -> float:
        return self.moved

    def base(self) -> str:
        return "this boot"

    def wall(self) -> float:
        return 1763970235.0 + self.moved


def framed(*frames: bytes) -> bytes:
    return b"".join(b"%d %s" % (len(frame), frame) for frame in frames)


STREAM = framed(LINE, b"Proxy front-0 started.", b"3 events dropped", LINE)
STREAMS = mutated(
    (STREAM, framed(LINE), b""), (b"0 ", b"99999 ", b"4096 ", b" ", b"00012 ", b"+1 ", b"1_0 ", b"\n")
)


def frames_of(data: bytes, sizes: list[int]) -> tuple[list[bytes], bool]:
    """The frames, and whether the stream was given up."""
    cutter, found = Frames(), []
    try:
        for piece in cut(data, sizes):
            found += cutter.feed(piece)
    except BadLine as error:
        assert str(error).isprintable()
        return found, True
    return found, False


@given(STREAMS | st.binary(max_size=300), SIZES)
def test_frames_do_not_depend_on_where_a_stream_is_cut(data: bytes, sizes: list[int]):
    whole, given_up = frames_of(data, [len(data) or 1])
    pieces, given_up_too = frames_of(data, sizes)
    assert given_up == given_up_too
    assert pieces[: len(whole)] == whole or given_up  # what came in one read with garbage may go with it


@given(mutated((LINE, BEFORE), (b" ", b"9" * 400, b"-7", b"1_0", b"+1", b"\xff", b"0x1", b"", b"\n", b" .")))
@example(LINE.replace(b"1763971234567", b"9" * 400))
@example(LINE.replace(b"1763971234567", b"-1"))
@example(LINE.replace(b"-- 0 -", b"-- -5 -"))
@example(LINE.replace(b"- g", b"- G"))
@example(LINE.replace(b"/a", b"/" + b"#22" * 300))
@example(LINE.replace(b"-- 0 -", b"-- 1000000000 -"))
@example(LINE.replace(b" 200 ", b" 20000 "))
@example(LINE.replace(b" 30 ", b" %s " % (b"9" * 400)))
def test_a_line_is_read_strictly_or_is_an_error(line: bytes):
    try:
        found = read(line)
    except BadLine as error:
        assert str(error).isprintable()
        return
    if found is None:
        assert not line.startswith((b"r1 ", b"r2 "))
        return
    assert 0 <= found.wall < 1e12
    assert found.status <= 999
    assert 0 <= found.latency < 1e10
    assert 0 <= found.retries <= 100


@given(STREAMS, SIZES)
@part(0.3)
@example(framed(LINE.replace(b"1763971234567", b"9" * 400)), [50])
@example(framed(LINE) + b"garbage without an end", [7])
def test_after_garbage_the_next_router_is_heard_and_the_second_is_not_known(data: bytes, sizes: list[int]):
    asyncio.run(heard_after(data, sizes))


async def heard_after(data: bytes, sizes: list[int]) -> None:
    given_up, clock = gives_up(data, sizes), Hands()
    with tempfile.TemporaryDirectory() as place:
        lines = RouterLines(Path(place), clock, nobody_counts)
        counted = lines.of("api")
        await lines.start()
        try:
            clock.moved += 2
            reader, writer = await asyncio.open_unix_connection(f"{place}/{SOCKET}")
            await eventually(lambda: lines._connections, "the connection")
            garbage = int(clock.moved)
            with contextlib.suppress(ConnectionError):  # it may be dropped in the middle
                for piece in cut(data, sizes):
                    writer.write(piece)
                    await writer.drain()
            if given_up:
                await gone(reader)
                assert lines.trouble and lines.trouble.isprintable()
            writer.close()
            await eventually(lambda: not lines._connections, "the garbage to be gone")
            clock.moved += 1
            writer = await speaks(lines, place, clock)
            clock.moved += 2
            seen = await counted.observe()
            assert isinstance(seen, Known)
            told = {second.at: second.slots[Slot.BLUE].requests for second in seen.value if not second.lost}
            assert (None, 1) == (told.get(garbage), told.get(garbage + 2))
            writer.close()
        finally:
            await lines.close()


async def gone(reader: asyncio.StreamReader) -> None:
    """The connection was ended at the other side."""
    with contextlib.suppress(ConnectionError):
        assert b"" == await asyncio.wait_for(reader.read(), 10)


async def speaks(lines: RouterLines, place: str, clock: Hands) -> asyncio.StreamWriter:
    """A router that comes back, and says one line in the second after."""
    before = lines._lines
    _, writer = await asyncio.open_unix_connection(f"{place}/{SOCKET}")
    await eventually(lambda: lines._connections, "the next router")
    clock.moved += 1
    writer.write(framed(LINE.replace(b"1763971234567", f"{clock.wall() * 1000:.0f}".encode())))
    await eventually(lambda: lines._lines == before + 1, "a good line to be counted")
    return writer


async def nobody_counts() -> Unknown:
    return Unknown("nobody counts here")


def gives_up(data: bytes, sizes: list[int]) -> bool:
    frames, given_up = frames_of(data, sizes)
    try:
        for frame in frames:
            read(frame)
    except BadLine:
        return True
    return given_up
