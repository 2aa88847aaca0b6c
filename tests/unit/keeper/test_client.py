"""The client by itself. What it asks of a keeper is tested with real keepers."""

from __future__ import annotations

import asyncio

from tests.waiting import WITHIN
from verdigris.keeper.client import KeeperClient
from verdigris.keeper.protocol import SOCKET

TURNS = 40
"""Turns of the event loop; a question to a server in the same loop has come to its end by then, or waits for ever."""


async def test_a_question_that_is_called_off_is_over_at_whatever_moment_that_comes(tmp_path):
    """Who asks in a loop would go on asking, and a controller that is told to stop would never end."""
    client = KeeperClient(tmp_path)
    server = await asyncio.start_unix_server(silent, tmp_path / SOCKET)
    async with server:
        for turns in range(TURNS):
            for ask in (client.observe, lambda: anext(client.watch())):
                assert await called_off(ask(), turns), f"called off after {turns} turns, it went on"


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def called_off(question, turns: int) -> bool:
    """Whether a task that is cancelled after so many turns of the loop ends by that, and at once."""
    asking = asyncio.ensure_future(question)
    for _ in range(turns):
        await a_turn()
    asking.cancel()
    done, _ = await asyncio.wait([asking], timeout=WITHIN)
    if done:
        return asking.cancelled()
    asking.cancel()
    await asyncio.wait([asking])
    return False


async def a_turn() -> None:
    turned = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(turned.set_result, None)
    await turned
