"""A wire tap: a door to a database that passes every byte on as it is, and notes which statements go through.

For rehearsals and tests, not for production's traffic: it is one process, and it reads along. What it does not
understand it forwards as well. Parameters stay in its memory. TLS ends before it, for nobody can read along in it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from verdigris.core.errors import ActionError
from verdigris.schema.sources.conversation import Conversation
from verdigris.schema.sources.doors import Door
from verdigris.schema.sources.recording import Recorder, Recording

__all__ = ["Tap", "tapped"]

PIECE = 65_536
"""Bytes that are read at once; a side that is slow is waited for with no more than a few of them in memory."""
STARTUP_MOST = 10_000
"""Bytes of a first message, as PostgreSQL has it."""
STARTS_WITHIN = 60.0
"""Seconds for a first message to come, as PostgreSQL has it."""
CONNECTS_WITHIN = 10.0
ENDS_WITHIN = 3.0
"""Seconds for the other side, once one has gone."""
CONNECTIONS_MOST = 1_000
NOTES_MOST = 100

SSL, GSS, CANCEL = 80877103, 80877104, 80877102
"""Codes in the place of a protocol's version: a wish for encryption, and a cancellation."""
HANDSHAKE = 0x16
"""The first byte of TLS where it comes without being asked for (sslnegotiation=direct)."""
ENCRYPTED = (
    "a connection insisted on TLS, which ends before the tap: set sslmode=disable (or prefer) in the URL of whoever "
    "connects to it"
)


@dataclass
class Tap:
    """What goes through one door. `at` is where it listens."""

    to: Door
    at: Door
    recorder: Recorder = field(default_factory=lambda: Recorder("tap"))

    def __post_init__(self) -> None:
        self._number = 0
        self._open: set[asyncio.Task[None]] = set()
        self._notes: dict[str, None] = {}
        self._missed = 0
        self._ended = False

    def recording(self) -> Recording:
        """All that went through so far, with notes of what could not be read."""
        missed = f"{self._missed} statements went through the tap that it could not read"
        return self.recorder.recording((*self._notes, *((missed,) if self._missed else ())))

    def clear(self) -> None:
        """Forget what went through; who is connected stays connected, and statements prepared before are missed."""
        self.recorder.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection to its end. Called by the server, in a task of its own."""
        task = asyncio.current_task()
        assert task is not None, "a connection is served in a task"
        self._open.add(task)
        try:
            if len(self._open) <= CONNECTIONS_MOST:
                await self._through(reader, writer)
        except (OSError, EOFError, TimeoutError):
            pass  # whoever went away has said so to whom it concerns
        except asyncio.CancelledError:
            if not self._ended:  # streams of Python 3.11 take the end of such a task for an error
                raise
        finally:
            self._open.discard(task)
            await gone(writer)

    async def end(self) -> None:
        """Cut whoever is connected."""
        self._ended = True
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(STARTS_WITHIN):
            first = await self._first(reader, writer)
        if first is None:
            return
        try:
            async with asyncio.timeout(CONNECTS_WITHIN):
                there = await self.to.connected()
        except (OSError, TimeoutError):
            writer.write(refusal(f"the tap cannot reach the database at {self.to}"))
            return
        self._number += 1
        heard = Conversation(self.recorder, str(self._number))
        if code(first) == CANCEL or b"\0replication\0" in first:
            heard.deaf = "nothing is recorded of it"
        try:
            there[1].write(first)
            await joined((reader, writer), there, heard)
        finally:
            self._learn(heard)
            await gone(there[1])

    async def _first(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        """The first message that is to be passed on: a wish for encryption is answered here, with no."""
        for turn in range(3):
            head = await reader.read(1)
            if not head:
                if turn:  # it was told that there is no encryption, and would not have it so
                    self._note(ENCRYPTED)
                return None
            if head[0] == HANDSHAKE:
                self._note(ENCRYPTED)
                return None
            head += await reader.readexactly(3)
            size = int.from_bytes(head, "big")
            if not 8 <= size <= STARTUP_MOST:
                break
            first = head + await reader.readexactly(size - 4)
            if code(first) not in (SSL, GSS):
                return first
            writer.write(b"N")
            await writer.drain()
        self._note("something that does not speak PostgreSQL's protocol connected to the tap")
        return None

    def _learn(self, heard: Conversation) -> None:
        self._missed += heard.missed
        if heard.deaf:
            self._note(f"a connection was not followed to its end: {heard.deaf}")

    def _note(self, note: str) -> None:
        if len(self._notes) < NOTES_MOST:
            self._notes[note] = None


@contextlib.asynccontextmanager
async def tapped(to: Door, at: Door) -> AsyncIterator[Tap]:
    """A tap that listens for as long as the block lasts. Where `at` has port 0 the machine finds one."""
    tap = Tap(to, at)
    try:
        server = await at.listening(tap.serve, PIECE)
    except OSError as error:
        raise ActionError(f"the tap cannot listen at {at}: {error.strerror}") from None
    tap.at = at.found(server)
    try:
        yield tap
    finally:
        server.close()
        at.left()
        await tap.end()


Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Hears = Callable[[bytes], None]


async def joined(here: Side, there: Side, heard: Conversation) -> None:
    """Pass on both ways until one side has gone, and a little longer, for what it still has to be told."""
    ways = {
        asyncio.create_task(passed(here[0], there[1], heard.sent)),
        asyncio.create_task(passed(there[0], here[1], heard.answered)),
    }
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(ways, timeout=ENDS_WITHIN)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def passed(source: asyncio.StreamReader, to: asyncio.StreamWriter, heard: Hears) -> None:
    """First on, then listened to: nobody waits for the listening of what he is sent."""
    with contextlib.suppress(OSError):
        while piece := await source.read(PIECE):
            to.write(piece)
            heard(piece)
            await to.drain()
    with contextlib.suppress(OSError, RuntimeError):
        to.write_eof()


async def gone(writer: asyncio.StreamWriter) -> None:
    """Close it, and no later than in a moment: who does not read is not waited for."""
    writer.close()
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()


def code(first: bytes) -> int:
    return int.from_bytes(first[4:8], "big")


def refusal(said: str) -> bytes:
    """An error as PostgreSQL sends it."""
    told = (("S", "FATAL"), ("V", "FATAL"), ("C", "08006"), ("M", said))
    fields = b"".join(f"{kind}{text}\0".encode() for kind, text in told)
    return b"E" + (len(fields) + 5).to_bytes(4, "big") + fields + b"\0"
