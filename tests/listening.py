"""A server inside of a test's own loop, that leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.waiting import settled, taken_up

__all__ = ["listening", "sending", "shut"]

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[str]:
    """The address of a server for as long as the block lasts; whoever it still serves then is let go."""
    before = asyncio.all_tasks()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        await shut(server)
        await settled(before)


async def shut(server: asyncio.Server) -> None:
    """Take up nobody any more, and close it when whoever is at the door is in.

    asyncio makes half a transport of a connection whose server was closed meanwhile (an assertion of
    `Server._attach`), and nobody closes that.
    """
    loop = asyncio.get_running_loop()
    for door in server.sockets:
        loop.remove_reader(door)
    await taken_up()
    server.close()


@asynccontextmanager
async def sending(
    *parts: bytes, until: bytes, hang: bool = False, endless: bytes = b""
) -> AsyncIterator[str]:
    """The address of one that reads `until` there, sends the parts, and then goes on for ever, hangs or closes."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(until)
        for part in parts:
            writer.write(part)
        while endless and not writer.is_closing():
            writer.write(endless)
            await writer.drain()
        if hang:
            await over.wait()
        writer.close()

    async with listening(serve) as address:
        yield address
        over.set()
