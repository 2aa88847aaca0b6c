"""Sends everything that this release sends once, and notes it in `statements.jsonl`: that is what it is proven with.

For a database of your CI that has this release's whole schema: DATABASE_URL=… alembic upgrade head && python record.py
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from orders_table import Orders
from verdigris_kit.statements import Statements

NOTED = Path(__file__).parent / "statements.jsonl"


async def record(url: str) -> None:
    """By the same code that serves, so that nothing is forgotten here that is changed there."""
    NOTED.unlink(missing_ok=True)
    # With values, which here are nobody's: whether a write gets past a new trigger or a check depends on them.
    orders = Orders(url, Statements(NOTED, parameters="values", always=True))
    order = await orders.add("tea", 250, "recorded")
    await orders.noted(order["id"])
    await orders.newest()
    await orders.engine.dispose()


if __name__ == "__main__":
    asyncio.run(record(os.environ["DATABASE_URL"]))
