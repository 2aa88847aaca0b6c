"""What runs by the clock and not by request: once in a second the orders are counted, in the live slot and no other.

Every instance of that slot does it. A job that only one may do needs a lock in the database besides.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from sqlite3 import Error

from database import Orders
from verdigris_kit.role import only_live

__all__ = ["running"]

EVERY = 1.0


@contextlib.asynccontextmanager
async def running(orders: Orders, slot: str) -> AsyncIterator[None]:
    """The job, for as long as the block lasts."""
    task = asyncio.create_task(_again_and_again(orders, slot))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _again_and_again(orders: Orders, slot: str) -> None:
    said = 0
    while True:
        said = await count(orders, slot, said) or said
        await asyncio.sleep(EVERY)


@only_live
async def count(orders: Orders, slot: str, said: int) -> int:
    """Write a line when there are more orders than it `said` last; the number of orders."""
    try:
        number = await orders.count()
    except Error as error:  # the next second is another try
        print(f"orders: job in {slot or 'no slot'}: {error}", flush=True)
        return said
    if number > said:
        print(f"orders: job in {slot or 'no slot'}: {number} orders", flush=True)
    return number
